package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	urlFlagName = "broker-url"
	binFlagName = "broker-bin"
	ownFlagName = "i-own-this-broker"
)

// servers are the user's own brokers by URL, and the programs of those that tqbench starts.
type servers struct {
	urls urlFlag
	bins binFlag
}

// brokerNamesHelp lists what --broker takes.
func brokerNamesHelp() string {
	return "brokers: " + strings.Join(brokername.Products(), ", ") + ", or all for " + strings.Join(broker.Names(), ", ") + "; NAME@VERSION asks for a version, such as postgres@17"
}

func newServers() servers { return servers{urlFlag{}, binFlag{}} }

// flags adds the flags. Variables come first, as others can read a command line.
func (s servers) flags(cmd *cobra.Command) {
	fromEnv(s.urls, "URL")
	s.bins.flag(cmd)
	cmd.Flags().Var(s.urls, urlFlagName, "attach to a broker instead of starting it, `NAME=URL` (safer: "+urlEnv("NAME")+", which process lists don't show)")
	ownFlag(cmd)
}

func ownFlag(cmd *cobra.Command) {
	cmd.Flags().Bool(ownFlagName, false, "confirm that you may load-test the remote broker of a URL; tqbench doesn't connect without it")
}

// envQuorum is RabbitMQ with quorum queues in the names of variables, in small letters.
const envQuorum = "rabbitmq_quorum"

// fromEnv reads a value for each broker that has a variable.
func fromEnv(values map[string]string, kind string) {
	for _, v := range os.Environ() {
		name, value, _ := strings.Cut(v, "=")
		name, ours := strings.CutPrefix(name, "TQBENCH_")
		name, ofKind := strings.CutSuffix(name, "_"+kind)
		if !ours || !ofKind || value == "" {
			continue
		}
		product, version, versioned := strings.Cut(strings.ToLower(name), "_")
		if rest, ok := strings.CutPrefix(product+"_"+version, envQuorum); ok && (rest == "" || rest[0] == '_') {
			product, version, versioned = brokername.RabbitMQQuorum, strings.TrimPrefix(rest, "_"), rest != ""
		}
		n := brokername.Name{Product: product, Version: strings.ReplaceAll(version, "_", ".")}
		if _, err := brokername.Parse(n.String()); err == nil && versioned == (n.Version != "") {
			values[n.String()] = value
		}
	}
}

// urlEnv is the other way to give a URL.
func urlEnv(name string) string { return brokername.Variable(name, "URL") }

// owned reports whether the user confirms that remote brokers are theirs.
func owned(cmd *cobra.Command) bool {
	own, err := cmd.Flags().GetBool(ownFlagName)
	return own && err == nil
}

// check refuses URLs of a plan's brokers that can't be read, or that lead to a machine that the user doesn't confirm as theirs, and brokers
// that can't be started here.
func (s servers) check(cmd *cobra.Command) func(suite.Plan) error {
	return func(p suite.Plan) error {
		if err := runner.CheckURLs(p.Brokers, s.urls, owned(cmd)); err != nil {
			return err
		}
		if err := cmp.Or(only(s.urls, urlFlagName, "URL", p.Brokers), s.bins.only(p.Brokers)); err != nil {
			return err
		}
		return runner.CheckPrograms(cmd.Context(), p.Brokers, s.urls, s.bins)
	}
}

// only refuses values for brokers that a command doesn't use. Variables may be there for other commands.
func only(values map[string]string, flag, kind string, brokers []string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(brokers, name) && os.Getenv(brokername.Variable(name, kind)) == "" {
			return fmt.Errorf("%w: --%s is for %s, but the brokers are %s", errUsage, flag, name, strings.Join(brokers, ", "))
		}
	}
	return nil
}

// urlFlag is --broker-url.
type urlFlag map[string]string

// String never shows a URL: it may hold a password.
func (u urlFlag) String() string { return "" }

// Type is the value's name if the help has no other.
func (u urlFlag) Type() string { return "NAME=URL" }

// Set takes one NAME=URL.
func (u urlFlag) Set(s string) error {
	name, url, ok := strings.Cut(s, "=")
	if !ok || url == "" || broker.Check(name) != nil {
		return fmt.Errorf("write NAME=URL, where NAME is one of %s", strings.Join(brokername.Products(), ", "))
	}
	u[name] = url
	return nil
}

// again never shows a URL.
func (u urlFlag) again(out string) (flags, variables []string) {
	return onceMore(out, u, urlFlagName, "URL", func(string) string { return "URL" })
}

// givenAgain is a flag whose values are given once more to continue the run in a folder: by flags, and by variables.
type givenAgain interface {
	again(out string) (flags, variables []string)
}

// onceMore is how the same values for the brokers in a folder's plan are given once more. shown is how the line has a value.
func onceMore(out string, values map[string]string, flag, kind string, shown func(value string) string) (flags, variables []string) {
	p, err := suite.ReadPlan(out)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch variable := brokername.Variable(name, kind); {
		case err == nil && !slices.Contains(p.Brokers, name):
		case os.Getenv(variable) == values[name]:
			variables = append(variables, variable)
		default:
			flags = append(flags, "--"+flag, name+"="+shown(values[name]))
		}
	}
	return flags, variables
}

// binFlag is --broker-bin.
type binFlag map[string]string

func (b binFlag) flag(cmd *cobra.Command) {
	fromEnv(b, "BIN")
	cmd.Flags().Var(b, binFlagName, "start a broker's programs from a folder, `NAME=FOLDER`, such as postgres@17=/opt/pg17/bin (or "+brokername.Variable("NAME", "BIN")+")")
}

func (b binFlag) only(brokers []string) error { return only(b, binFlagName, "BIN", brokers) }

func (b binFlag) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(b)) {
		all = append(all, name+"="+b[name])
	}
	return strings.Join(all, " ")
}

func (b binFlag) again(out string) (flags, variables []string) {
	return onceMore(out, b, binFlagName, "BIN", func(folder string) string { return folder })
}

// Type is the value's name if the help has no other.
func (b binFlag) Type() string { return "NAME=FOLDER" }

// Set takes one NAME=FOLDER.
func (b binFlag) Set(s string) error {
	name, dir, ok := strings.Cut(s, "=")
	switch n, err := brokername.Parse(name); {
	case !ok || dir == "":
		return errors.New("write NAME=FOLDER, such as postgres@17=/opt/pg17/bin")
	case err != nil:
		return err
	case n.Product == brokername.SQS:
		return fmt.Errorf("%s is an emulator of tqbench's own, which has no folder", name)
	}
	b[name] = dir
	return nil
}
