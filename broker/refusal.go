package broker

import (
	"errors"

	"github.com/aws/smithy-go"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// errRefused is a broker's own report that it did not accept a message, if its protocol has no error for that.
var errRefused = errors.New("the broker refused a message")

// Refused reports whether an error of Publish is the broker's own report that it did not accept what Publish doesn't count as accepted.
// After any other error, such as a broken connection or a late answer, that is unknown.
func Refused(err error) bool {
	var fromRedis redis.Error
	var fromPostgres *pgconn.PgError
	var fromMySQL *mysql.MySQLError
	var fromRabbitMQ *amqp.Error
	var fromSQS smithy.APIError
	switch {
	case errors.Is(err, errRefused):
		return true
	case errors.As(err, &fromRedis):
		return true
	case errors.As(err, &fromPostgres), errors.As(err, &fromMySQL): // one statement, which is rolled back
		return true
	case errors.As(err, &fromRabbitMQ):
		// The broker closes a channel because of a message; the end of a connection says nothing about messages on their way.
		return fromRabbitMQ.Server && fromRabbitMQ.Recover
	case errors.As(err, &fromSQS):
		return fromSQS.ErrorFault() == smithy.FaultClient
	}
	return false
}
