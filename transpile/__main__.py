"""`python -m transpile`: the command line."""

from transpile.cli.main import main

raise SystemExit(main())
