// Environments builds the environments of all workers and the SQS emulator, as tqbench workers build does, for container images.
//
// It depends on package workers and on little else, so that a step which runs it comes from a cache when other code changes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers"
)

func main() {
	process.MaybeGuard()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := build(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "environments:", err)
		os.Exit(1)
	}
}

func build(ctx context.Context) error {
	b, err := workers.NewBuilder(func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		return err
	}
	names, err := contenders.Locked()
	if err != nil {
		return err
	}
	for _, name := range append(names, "orm") {
		env, err := b.Build(ctx, name)
		if err != nil {
			return err
		}
		fmt.Println(name, env.Version(name), "with CPython", env.Version("cpython"))
	}
	emulator, err := b.BuildEmulator(ctx)
	if err != nil {
		return err
	}
	fmt.Println(workers.EmulatorPackage, emulator.Version)
	return nil
}
