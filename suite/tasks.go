package suite

// Tasks are the task bodies of tqbench's own frameworks, from workers/python/tqbench/tasks.py.
func Tasks() []string {
	return []string{
		"noop", "payload", "ready", "fail", "fetch", "parse", "digest", "pbkdf2", "factorial",
		"order_validate", "order_charge", "order_email", "order_inventory", "order_model", "order_by_id",
	}
}
