# Shortcuts; each is one plain command, for where there is no `just`.

# set up, and convert rules/ to every language
demo:
    ./demo

# run the tests; arguments go to pytest
test *arguments:
    ./test {{arguments}}

# everything that has to pass
ci:
    .ci/run

# write anew what is made from the code: golden files and pages of the docs
refresh:
    .venv/bin/python tests/golden/golden.py
    .venv/bin/python docs/generate.py

# the documentation as a site, in out/docs (pip install '.[docs]')
docs:
    .venv/bin/sphinx-build -W --keep-going -q docs out/docs

# the corpus in each language, beside the peers (pip install '.[bench]')
bench *arguments:
    .venv/bin/python benchmarks/corpus.py {{arguments}}

# the corpus on each platform: whose queries use names that exist? (pip install '.[bench,schemas]')
bench-models *arguments:
    .venv/bin/python benchmarks/models.py {{arguments}}

# rules of other languages, read: each bar with its figure
bench-reading *arguments:
    .venv/bin/python benchmarks/reading.py {{arguments}}

# rules over log files, beside another Python matcher
bench-events *arguments:
    .venv/bin/python benchmarks/events.py {{arguments}}

# format and lint
lint:
    .venv/bin/ruff format .
    .venv/bin/ruff check --fix .
    .venv/bin/mypy
