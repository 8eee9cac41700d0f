// Command write makes up an output folder, to measure the cost of its analysis and report:
//
//	go run ./internal/madeup/write --out DIR --blocks 10 --tasks 500000
package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/tqbench/tqbench/internal/madeup"
)

func main() {
	f := madeup.Basic(0, 0)
	flags := pflag.NewFlagSet("write", pflag.ExitOnError)
	out := flags.String("out", "", "the folder that is written")
	flags.StringSliceVar(&f.Scenarios, "scenario", f.Scenarios, "scenarios of the suite")
	flags.StringSliceVar(&f.Brokers, "broker", f.Brokers, "brokers")
	flags.StringSliceVar(&f.Contenders, "contender", f.Contenders, "contenders, the baseline first")
	flags.IntVar(&f.Blocks, "blocks", 10, "blocks")
	flags.IntVar(&f.Tasks, "tasks", 1000, "tasks a trial")
	_ = flags.Parse(os.Args[1:]) // it exits where it fails
	if *out == "" {
		fmt.Fprintln(os.Stderr, "write: --out is missing")
		os.Exit(2)
	}
	if err := f.Write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}
