// Gomodules writes the modules of the contenders in Go below a folder, each as it is built, and lists them: they have no go.mod in the
// repository, so that tqbench's binary can hold them.
//
//	go run ./scripts/gomodules DIR
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers"
)

func main() {
	process.MaybeGuard()
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gomodules:", err)
		os.Exit(1)
	}
}

func write(args []string) error {
	if len(args) != 1 {
		return errors.New("name one folder")
	}
	dirs, err := workers.WriteGo(args[0])
	for _, dir := range dirs {
		fmt.Println(dir)
	}
	return err
}
