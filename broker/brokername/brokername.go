// Package brokername reads the names of brokers: a product such as "redis", with a version where one is asked for, as in "postgres@17".
package brokername

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The products that have a name.
const (
	Redis    = "redis"
	Valkey   = "valkey"
	Postgres = "postgres"
	// MySQL is whichever of MySQL and MariaDB is installed, MySQL first.
	MySQL    = "mysql"
	MariaDB  = "mariadb"
	RabbitMQ = "rabbitmq"
	// RabbitMQQuorum is RabbitMQ with quorum queues in place of classic ones.
	RabbitMQQuorum = "rabbitmq-quorum"
	SQS            = "sqs"
)

// ErrName marks text that is no broker's name.
var ErrName = errors.New("unknown broker")

// Name is a broker of a plan.
type Name struct {
	// Product is one of Products.
	Product string
	// Version is the beginning of the version, such as "17" or "8.4", or "" for whichever is there.
	Version string
}

// Families are the kinds of brokers by what they speak: a queue that works with a family works with all its products.
func Families() []string { return []string{Redis, Postgres, MySQL, RabbitMQ, SQS} }

// Products are all that can be named, in the report's order.
func Products() []string {
	return []string{Redis, Valkey, Postgres, MySQL, MariaDB, RabbitMQ, RabbitMQQuorum, SQS}
}

func versionPattern() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$`) }

// Variable is the environment variable that says something about a broker, such as its URL: postgres@17 has TQBENCH_POSTGRES_17_URL.
func Variable(name, kind string) string {
	return "TQBENCH_" + strings.NewReplacer("@", "_", ".", "_", "-", "_").Replace(strings.ToUpper(name)) + "_" + kind
}

// Parse reads PRODUCT or PRODUCT@VERSION.
func Parse(s string) (Name, error) {
	product, version, versioned := strings.Cut(s, "@")
	switch {
	case !slices.Contains(Products(), product):
		return Name{}, fmt.Errorf("%w %q: choose from %s, with a version if you want one, such as postgres@17", ErrName, s, strings.Join(Products(), ", "))
	case versioned && product == SQS:
		return Name{}, fmt.Errorf("%w %q: %s has no versions", ErrName, s, product)
	case versioned && !versionPattern().MatchString(version):
		return Name{}, fmt.Errorf("%w %q: write the version in digits, such as postgres@17 or mysql@8.4", ErrName, s)
	}
	return Name{Product: product, Version: version}, nil
}

func (n Name) String() string {
	if n.Version == "" {
		return n.Product
	}
	return n.Product + "@" + n.Version
}

// Family is the name's family.
func (n Name) Family() string {
	switch n.Product {
	case Valkey:
		return Redis
	case MariaDB:
		return MySQL
	case RabbitMQQuorum:
		return RabbitMQ
	}
	return n.Product
}

// Quorum reports whether a broker's name asks for quorum queues.
func Quorum(name string) bool {
	n, err := Parse(name)
	return err == nil && n.Product == RabbitMQQuorum
}

// Is reports whether a server's version is the one that is asked for.
func (n Name) Is(version string) bool {
	return n.Version == "" || version == n.Version || strings.HasPrefix(version, n.Version+".")
}

// Family is the family of a broker's name. Other text, such as the name of a queue's own store, is its own family.
func Family(name string) string {
	n, err := Parse(name)
	if err != nil {
		return name
	}
	return n.Family()
}
