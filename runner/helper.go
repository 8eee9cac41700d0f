package runner

import (
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/mockapi"
)

// MaybeHelper must be the first call of a program that runs trials, in tests in TestMain. Trials start the program again as the guard of
// their processes, as the mock API and as the delay in front of a broker; there it does not return.
func MaybeHelper() {
	process.MaybeGuard()
	mockapi.MaybeServe()
	netdelay.MaybeServe()
}
