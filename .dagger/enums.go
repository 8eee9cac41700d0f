package main

import "strings"

// BrokerName is a broker that tqbench knows.
type BrokerName string

// The brokers; All is each of them.
const (
	// Redis
	Redis BrokerName = "redis"
	// PostgreSQL
	Postgres BrokerName = "postgres"
	// MySQL or MariaDB
	Mysql BrokerName = "mysql"
	// RabbitMQ
	Rabbitmq BrokerName = "rabbitmq"
	// an SQS emulator
	Sqs BrokerName = "sqs"
	// all brokers
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

// listed are brokers as a flag of tqbench takes them.
func listed(brokers []BrokerName) string {
	var names []string
	for _, b := range brokers {
		names = append(names, string(b))
	}
	return strings.Join(names, ",")
}
