"""The language server: rooms' answers in the terms of the Language Server Protocol. It needs the extra `lsp`."""
