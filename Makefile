# What a change must pass. CI runs check on a machine that .ci/run has prepared.
.PHONY: check lint race test

check: lint race test

# Format, vet, staticcheck, comparisons of errors, functions that are hard to follow (a cognitive complexity above 30, which is
# golangci-lint's default) and the workflows, by linters built from the versions that tools/lint pins.
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { printf 'not formatted by gofmt:\n%s\n' "$$unformatted" >&2; exit 1; }
	go mod verify
	go vet ./...
	go tool -modfile tools/lint/go.mod staticcheck ./...
	go tool -modfile tools/lint/go.mod go-errorlint ./...
	go tool -modfile tools/lint/go.mod gocognit -over 30 -ignore '_test\.go' .
	go tool -modfile tools/lint/go.mod actionlint -shellcheck= -pyflakes=

# What has goroutines, listeners, locks and views of its own, under the race detector.
race:
	go test -race -timeout 10m ./internal/deploy ./internal/engine ./internal/progress ./internal/state/... ./internal/awssim/endpoint

# Everything, with the real engine.
test:
	go test ./... -timeout 75m
