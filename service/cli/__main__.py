"""`python -m service.cli` is the `kept` command."""

from service.cli.main import main

main()
