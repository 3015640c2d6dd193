;;; transpile.el --- transpile's language server in Emacs  -*- lexical-binding: t; -*-

;; With eglot (part of Emacs since 29) and yaml-mode: load it, or copy it into init.el.

(require 'eglot)

(add-to-list 'eglot-server-programs
             '((yaml-mode) . ("transpile" "lsp" :initializationOptions (:to ["spl" "kql"]))))
(add-hook 'yaml-mode-hook #'eglot-ensure)

(provide 'transpile)
;;; transpile.el ends here
