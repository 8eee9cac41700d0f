package brokertest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Listeners lists the addresses on which a process's descendants listen for TCP, as proc_pid_net(5) shows them.
func Listeners(pid int) ([]net.TCPAddr, error) {
	inodes := map[string]bool{}
	for _, pid := range Descendants(pid) {
		fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			return nil, err
		}
		for _, fd := range fds {
			// A descriptor that was closed in the meantime is none.
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:[") {
				inodes[strings.Trim(strings.TrimPrefix(to, "socket:"), "[]")] = true
			}
		}
	}
	var out []net.TCPAddr
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, err := os.ReadFile(table)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			const listen = "0A"
			if len(f) < 10 || f[3] != listen || !inodes[f[9]] {
				continue
			}
			a, err := parseAddress(f[1])
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", table, f[1], err)
			}
			out = append(out, a)
		}
	}
	return out, nil
}

// parseAddress reads an address of /proc/net/tcp: 32-bit words in the machine's order, a colon, the port.
func parseAddress(s string) (net.TCPAddr, error) {
	words, port, _ := strings.Cut(s, ":")
	raw, err := hex.DecodeString(words)
	if err != nil || len(raw)%4 != 0 {
		return net.TCPAddr{}, fmt.Errorf("no address: %w", err)
	}
	ip := make(net.IP, len(raw))
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	n, err := strconv.ParseUint(port, 16, 16)
	return net.TCPAddr{IP: ip, Port: int(n)}, err
}

// Descendants are the living processes below one.
func Descendants(root int) (out []int) {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is valid
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended in the meantime
		}
		// The name in parentheses may contain anything; state and parent follow it.
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		rest := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if len(rest) > 1 {
			parent, _ := strconv.Atoi(rest[1])
			children[parent] = append(children[parent], pid)
		}
	}
	for next := []int{root}; len(next) > 0; next = next[1:] {
		out = append(out, children[next[0]]...)
		next = append(next, children[next[0]]...)
	}
	return out
}
