package process

import (
	"os"
	"syscall"
)

// shared is empty: no shared memory can be found here.
type shared struct{}

func newShared() *shared { return &shared{} }

func (*shared) note([]int)   {}
func (*shared) of([]Command) {}
func (*shared) made(int)     {}
func (*shared) remove()      {}
func (*shared) mark(int)     {}

// running reports that each user may have a process, so that Apart finds no free one: no worker runs on this system.
func running(uint32) bool { return true }

// self is this program's file.
func self() (string, error) { return os.Executable() }

// name does nothing: a process has its program's name.
func name(string) {}

// humble does nothing: there is no such restriction.
func humble() error { return nil }

// separate does nothing: there are no namespaces here.
func separate(*syscall.SysProcAttr) {}
