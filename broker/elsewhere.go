package broker

import (
	"net"
	"strings"
)

// Elsewhere is the first host that a broker's URL leads to and that isn't this machine's loopback, "" where there is
// none. A name other than localhost counts as elsewhere, wherever it leads: it is not looked up, so nothing leaves the
// machine. Its errors never contain the URL.
func Elsewhere(name, rawURL string) (string, error) {
	k, err := find(name)
	if err != nil {
		return "", err
	}
	hosts, err := k.hosts(rawURL)
	if err != nil {
		return "", err
	}
	for _, h := range hosts {
		if !strings.EqualFold(h, "localhost") && !net.ParseIP(h).IsLoopback() {
			return h, nil
		}
	}
	return "", nil
}
