package main

// BrokerName is a broker that tqbench knows.
type BrokerName string

// The brokers; All is each of them.
const (
	// Redis
	Redis BrokerName = "redis"
	// Valkey
	Valkey BrokerName = "valkey"
	// PostgreSQL
	Postgres BrokerName = "postgres"
	// MySQL where it is installed, otherwise MariaDB
	Mysql BrokerName = "mysql"
	// MariaDB
	Mariadb BrokerName = "mariadb"
	// RabbitMQ
	Rabbitmq BrokerName = "rabbitmq"
	// RabbitMQ with quorum queues
	RabbitmqQuorum BrokerName = "rabbitmq-quorum"
	// an SQS emulator
	Sqs BrokerName = "sqs"
	// redis, postgres, mysql, rabbitmq and sqs
	All BrokerName = "all"
)

// Profiling is what to record of the workers.
type Profiling string

// What can be recorded.
const (
	// where they spend CPU time
	CPU Profiling = "cpu"
	// what they allocate
	Memory Profiling = "memory"
	// nothing
	None Profiling = "none"
)

// listed are the names of brokers as tqbench takes them.
func listed(brokers []BrokerName) []string {
	var names []string
	for _, b := range brokers {
		names = append(names, string(b))
	}
	return names
}
