# Every command of the project. `make help` lists them; the README and .ci/run use the same ones.
# Needs Python 3.11-3.13, GNU make 3.81 or newer and a POSIX shell. Nothing is installed outside .venv.
#
#   make app APP_FLAGS="--server.port=8600"            pass options to Streamlit
#   make test PYTEST_FLAGS="-n 0 -x tests/core"        pass options to pytest
#   make bench BENCHMARKS=startup BENCH_FLAGS=--quick  one benchmark, the short way
#   make env PYTHON=/usr/local/bin/python3.12          choose the Python of a new environment

VENV := .venv
RUN := $(VENV)/bin/python

APP_FLAGS ?=
PYTEST_FLAGS ?=
# As many processes as cores, but four: each may hold a network, a worker and a browser. A file stays in one of them,
# and files are handed out in the order of tests/conftest.py, not by how many tests they have.
PARALLEL := -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
BENCH_FLAGS ?=
BENCHMARKS ?= $(filter-out _%,$(sort $(basename $(notdir $(wildcard benchmarks/*.py)))))

# A stamp says that an installation came to its end, so a second call asks pip nothing. An environment
# whose Python is gone (moved folder, removed interpreter) is made anew.
APP_READY := $(VENV)/.app-ready
DEV_READY := $(VENV)/.dev-ready
PIP_INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check

# Albumentations, a peer in tests and benchmarks, asks its server for news at import unless told not to.
export NO_ALBUMENTATIONS_UPDATE := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help app env env-dev test test-fast lint bench clean FORCE

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

app: $(APP_READY) ## make the environment if need be, then start the app in the browser
	@exec $(RUN) -m streamlit run app.py $(APP_FLAGS)

env: $(APP_READY) ## make the environment in .venv with what the app needs
	@echo "The environment $(VENV) is ready."

env-dev: $(DEV_READY) ## the same, with what the tests, linters and benchmarks need
	@echo "The environment $(VENV) is ready, with the tools."

test: $(DEV_READY) ## make the environment if need be, then run all tests
	$(RUN) -m pytest $(PARALLEL) $(PYTEST_FLAGS)

test-fast: $(DEV_READY) ## the tests that need neither minutes nor a browser
	$(RUN) -m pytest -m "not slow and not browser" $(PARALLEL) $(PYTEST_FLAGS)

lint: $(DEV_READY) ## style, formatting and types
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

bench: $(DEV_READY) ## measure: a table and a line of JSON for each benchmark
	@test -n "$(strip $(BENCHMARKS))" || { echo "There is no benchmark in benchmarks/."; exit 1; }
	@for name in $(BENCHMARKS); do \
		echo "== $$name"; \
		$(RUN) -m benchmarks.$$name $(BENCH_FLAGS) || exit 1; \
	done

# The name is written out: a VENV given by mistake must never be deleted. workspace/ is never touched.
clean: ## delete .venv and the tools' caches; datasets, runs and models stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
	@for room in . core pages models tests benchmarks; do \
		test ! -d "$$room" || find "$$room" $$(test "$$room" != . || echo -maxdepth 1) -type d -name __pycache__ -prune -exec rm -rf {} +; \
	done

FORCE:
ifeq ($(wildcard $(RUN)),)
$(APP_READY) $(DEV_READY): FORCE
endif

# With an NVIDIA GPU (Linux only: TensorFlow has no CUDA build elsewhere) TensorFlow comes with CUDA, in
# the range that requirements.txt gives.
$(APP_READY): requirements.txt
	@rm -f $(APP_READY) $(DEV_READY)
	@$(MAKE_ENVIRONMENT)
	@cuda=; size="about 0.7 GB to download, 3 GB on disk"; \
	if test "$$(uname -s)" = Linux && nvidia-smi -L >/dev/null 2>&1; then \
		cuda=$$(sed -n 's/^tensorflow\([~=<>!][^ #;]*\).*/tensorflow[and-cuda]\1/p' requirements.txt); \
		test -n "$$cuda" || { echo "requirements.txt has no line 'tensorflow<range>' to take the CUDA build's range from." >&2; exit 1; }; \
		size="NVIDIA GPU found, so with CUDA: about 3.5 GB to download"; \
	fi; \
	echo "Installing what the app needs ($$size); the first time takes some minutes ..."; \
	$(PIP_INSTALL) -r requirements.txt $$cuda
	@touch $@

$(DEV_READY): $(APP_READY) requirements-dev.txt requirements-export.txt requirements-cluster.txt
	@rm -f $@
	@echo "Installing what the tests and tools need (about 0.3 GB) ..."
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

# Keeps a working environment; otherwise takes the first Python that really runs (a version manager's
# stand-ins are on the PATH without running), fits, and has the venv module complete (Debian splits it).
# --clear empties the folder, so only where an environment lies already.
define MAKE_ENVIRONMENT
fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; \
if $(RUN) -c "$$fits" 2>/dev/null && $(RUN) -m pip --version >/dev/null 2>&1; then exit 0; fi; \
incomplete=; \
for python in $(if $(PYTHON),"$(PYTHON)") python3.13 python3.12 python3.11 python3; do \
	"$$python" -c "$$fits" 2>/dev/null || continue; \
	"$$python" -c 'import venv, ensurepip' 2>/dev/null || { incomplete=$$python; continue; }; \
	echo "Making the environment $(VENV) with $$("$$python" -c 'import platform, sys; print("Python", platform.python_version(), "from", sys.executable)') ..."; \
	clear=; if test -f $(VENV)/pyvenv.cfg; then clear=--clear; fi; \
	"$$python" -m venv $$clear $(VENV) && exit 0; \
	exit 1; \
done; \
if test -n "$$incomplete"; then \
	echo "$$incomplete has no complete venv module. On Debian and Ubuntu: sudo apt install $$(basename "$$incomplete")-venv" >&2; \
else \
	echo "Found no Python 3.11, 3.12 or 3.13. Install one from https://www.python.org/downloads/ or name it: make env PYTHON=/path/to/python3.12" >&2; \
fi; \
exit 1
endef
