package contenders

// Usual are the frameworks compared by default, the baseline first.
func Usual() []string { return []string{"celery", "asynctasq"} }

// Light are two contenders whose workers are one process each, for short runs that show tqbench at work.
func Light() []string { return []string{"asynctasq/async", "celery/threads"} }

// ExampleApp is a user's own application on the command line.
const ExampleApp = "celery=shop.queue:app"

// ExampleTask is the form of its tasks' names.
const ExampleTask = "its NAME for celery, MODULE.FUNCTION for asynctasq"
