# Each of these does its own set-up: see scripts/setup.
.PHONY: demo test setup lock sbom audit

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

sbom: ## what the hub is made of, as CycloneDX, into build/sbom.cdx.json
	@scripts/setup dev
	@mkdir -p build
	@scripts/sbom build/sbom.cdx.json

audit: ## ask the advisory database about every pin; needs the network, and fails where it cannot be asked
	@scripts/setup dev
	@.venv/bin/pip-audit --requirement requirements/lock.txt --require-hashes --disable-pip --strict
