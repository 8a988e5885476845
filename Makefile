# The few verbs of moorage; `make help` lists them.

VENV := .venv
PYTHON := $(VENV)/bin/python
# No engines, installations or other programs; none of what tries many made-up inputs, runs the blocks
# of the docs or makes their reference.
QUICK := tests/docs tests/facade \
	$(addprefix --ignore=tests/docs/test_,blocks.py reference.py) $(addprefix --ignore=tests/facade/test_,\
	canaries.py hostile_answers.py hostile_archives.py inputs.py parsers.py reference.py storms.py)
SOURCES := hatch_build.py overrides generator tests benchmarks examples docs/site

.DEFAULT_GOAL := help
.PHONY: help run test quick bench conformance evidence golden spec generate report docs check format dist release-check clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: generate ## fetch, generate, and talk to a real engine
	$(PYTHON) -m moorage hello

# Tests on engines wait most of their time, so there are more processes than cores; tests/schedule.py
# tells which tests they share among them, and in which order.
test: generate check ## all checks and tests, on real engines too
	$(PYTHON) -m pytest -n 4 --no-loadscope-reorder

quick: generate ## lint, and the tests that need no engine and take no minute
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pytest -q -n 4 --no-loadscope-reorder $(QUICK)

bench: generate ## compare with other clients, on a private engine (as root)
	$(PYTHON) -m pip install --quiet --group bench
	$(PYTHON) benchmarks/decode.py
	$(PYTHON) benchmarks/streams.py
	$(PYTHON) benchmarks/verbs.py
	$(PYTHON) benchmarks/buildkit.py
	$(PYTHON) benchmarks/calls.py
	$(PYTHON) benchmarks/fleet.py

# It finds departures, which is status 1.
conformance: generate ## the conformance page of four engines, build/conformance.html (as root)
	mkdir -p build
	$(PYTHON) -m moorage conformance --private 20.10,26.1,28.5,podman --api all --write \
		--html build/conformance.html > build/conformance.txt || [ $$? -eq 1 ]

evidence: generate ## ask engines which fields they always send, for overrides/spec/required.yaml (as root)
	$(PYTHON) -m tests.engines.evidence

golden: $(VENV)/ready ## renew tests/generator/golden, which shows what templates render
	$(PYTHON) -m tests.generator.golden_package

spec: $(VENV)/ready ## fetch the specs that are missing
	$(PYTHON) -m generator fetch

generate: spec ## generate the clients in generated/
	$(PYTHON) -m generator build

report: spec ## print what each API version has, and what is new in it
	$(PYTHON) -m generator report

docs: generate ## the documentation's site in build/docs/site, all of its links checked
	$(PYTHON) -m docs.site

check: $(VENV)/ready ## ruff, and mypy --strict, on all code and on the generated code
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(SOURCES) generated/moorage_api

format: $(VENV)/ready ## lay out the code
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

dist: build/tools/ready ## build sdist and wheel in dist/, with all pinned versions or not at all
	build/tools/bin/python -m build

release-check: build/tools/ready generate ## build a release twice, install it, check its types; RELEASE=X.Y.Z names its version
	$(PYTHON) -m tests.distribution.release $(RELEASE)

clean: ## remove all that was built or downloaded
	rm -rf $(VENV) .engines spec/cache generated build dist .mypy_cache .ruff_cache .pytest_cache

# The machine's own pip fills the environment, so that Python's venv needs no ensurepip, which
# Debian keeps in a package of its own.
$(VENV)/ready: pyproject.toml
	python3 -m venv --without-pip $(VENV)
	python3 -m pip --python $(PYTHON) install --quiet 'pip>=25.1'
	mkdir -p generated/moorage_api
	$(PYTHON) -m pip install --quiet --editable . --group test
	touch $@

# What generates runs in an environment that `build` makes and fills; this one is for `build` alone.
build/tools/ready: pyproject.toml
	python3 -m venv --without-pip build/tools
	python3 -m pip --python build/tools/bin/python install --quiet 'pip>=25.1'
	build/tools/bin/python -m pip install --quiet --group dist
	touch $@
