package runner

import (
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/mockapi"
)

// MaybeHelper is the first thing that a program with trials to run must call, a test in its TestMain: trials start the
// program once more as the guard of their processes, as the mock API and as the delay before a broker, and there it does not return.
func MaybeHelper() {
	process.MaybeGuard()
	mockapi.MaybeServe()
	netdelay.MaybeServe()
}
