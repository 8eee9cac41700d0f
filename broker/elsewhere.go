package broker

import (
	"net"
	"strings"
)

// Elsewhere is the first host of a broker's URL that isn't this machine's loopback, or "". A name other than localhost always counts as
// elsewhere: it is not looked up, so nothing leaves the machine. Its errors never contain the URL.
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
		if !onLoopback(h) {
			return h, nil
		}
	}
	return "", nil
}

func onLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
