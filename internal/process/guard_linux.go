package process

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// adopt makes this process a subreaper: it inherits every process below itself whose own parent died.
func adopt() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	return nil
}

// self is this program, even if its file has been replaced, as by a build during a run.
func self() (string, error) { return "/proc/self/exe", nil }

// name sets this process's name in process lists, which would be that of self's file.
func name(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) } // it is for people only

// humble prevents the calling thread and its children from gaining rights through a program's file (setuid and similar).
func humble() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	return nil
}

// attributes let a command die with the thread that started it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// separate gives a command segments of shared memory that no other process sees. The kernel removes them with its last process, however that
// ends (ipc_namespaces(7)).
func separate(sys *syscall.SysProcAttr) { sys.Cloneflags |= syscall.CLONE_NEWIPC }

// pin restricts the calling thread to some CPUs until unpin is called. A child inherits them from the thread that starts it, which starts
// nothing else of ours.
func pin(cpus []int) (unpin func(), err error) {
	var all, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, err
	}
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return nil, err
	}
	return func() { _ = unix.SchedSetaffinity(0, &all) }, nil
}
