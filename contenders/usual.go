package contenders

// Usual are the frameworks that are compared where no other is asked for, the baseline first.
func Usual() []string { return []string{"celery", "asynctasq"} }

// Light are two contenders whose workers are one process each, for short runs that show what tqbench itself does.
func Light() []string { return []string{"asynctasq/async", "celery/threads"} }

// ExampleApp is how a user's own application is named on the command line.
const ExampleApp = "celery=shop.queue:app"

// ExampleTask is how its tasks are named.
const ExampleTask = "its NAME for celery, MODULE.FUNCTION for asynctasq"
