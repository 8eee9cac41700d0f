//go:build !linux

package netdelay

import "time"

// sleepUntil is up to a millisecond late. No trial runs on this system.
func sleepUntil(at time.Time) { time.Sleep(time.Until(at)) }
