-- transpile's language server in Neovim: `require` it, or copy it into init.lua. The languages to write are in `settings`.
local settings = { to = { 'spl', 'kql' } }
local filetypes = { 'yaml', 'spl', 'kusto', 'eql', 'esql', 'yaral' }

vim.filetype.add({ extension = { spl = 'spl', kql = 'kusto', eql = 'eql', esql = 'esql', yaral = 'yaral' } })

if vim.lsp.config then -- Neovim 0.11 or newer
  vim.lsp.config('transpile', {
    cmd = { 'transpile', 'lsp' },
    filetypes = filetypes,
    root_markers = { 'transpile.toml', '.git' },
    init_options = settings,
  })
  vim.lsp.enable('transpile')
else -- Neovim 0.7 to 0.10: one server for each folder
  local servers = {}
  vim.api.nvim_create_autocmd('FileType', {
    pattern = filetypes,
    callback = function(event)
      local marker = vim.fn.findfile('transpile.toml', '.;')
      local root = marker == '' and vim.fn.getcwd() or vim.fn.fnamemodify(marker, ':p:h')
      servers[root] = servers[root]
        or vim.lsp.start_client({
          name = 'transpile',
          cmd = { 'transpile', 'lsp' },
          root_dir = root,
          init_options = settings,
        })
      vim.lsp.buf_attach_client(event.buf, servers[root])
    end,
  })
end
