package broker

// wrapper is a broker or publisher that adds something to a broker.
type wrapper interface {
	Unwrap() Broker
}

// As finds what else a broker or publisher can do, such as [Pauser]: in itself, or in the broker that it wraps. A wrapper that embeds a
// Broker has the methods of that interface alone.
func As[T any](v any) (t T, ok bool) {
	for {
		if t, ok = v.(T); ok {
			return t, true
		}
		w, ok := v.(wrapper)
		if !ok {
			return t, false
		}
		v = w.Unwrap()
	}
}
