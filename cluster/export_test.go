package cluster

import "time"

// Shorten sets how long to wait for agents at first, and for one without a connection.
func (c *Collector) Shorten(first, patience time.Duration) {
	c.First, c.server.Patience = first, patience
}
