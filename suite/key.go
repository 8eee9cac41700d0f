package suite

// Place is a scenario on a broker: where sides are compared.
type Place struct{ Scenario, Broker string }

// Key is an arm at a place: what the trials of one cell share.
type Key struct{ Scenario, Broker, Arm string }

// At is a place.
func At(scenario, broker string) Place { return Place{scenario, broker} }

// KeyOf is the key of an arm at a place.
func KeyOf(scenario, broker, arm string) Key { return Key{scenario, broker, arm} }

// Key is the cell that the trial belongs to.
func (t Trial) Key() Key { return Key{t.Scenario, t.Broker, t.Arm} }
