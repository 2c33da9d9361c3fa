# Each of these does its own set-up: see scripts/setup.
.PHONY: demo test setup lock

demo: ## carry a national day to 44 stand-in forces; ARGS=--once ends when done
	@scripts/setup runtime
	@.venv/bin/soh-hub demo $(ARGS)

test: ## everything that CI checks
	@scripts/setup dev
	@scripts/servers
	@scripts/test $(ARGS)

setup: ## the virtual environment with everything in it
	@scripts/setup dev

lock: ## choose versions anew within pyproject.toml's ranges, and pin them by hash
	@scripts/setup dev
	@scripts/lock
