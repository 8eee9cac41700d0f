//go:build !linux

package cluster

// kernelTime is not known: no agent runs there.
func kernelTime() string { return "" }
