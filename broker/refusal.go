package broker

import (
	"errors"

	"github.com/aws/smithy-go"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// errRefused is a broker's own word that it did not take a message, where its protocol has no error for that.
var errRefused = errors.New("the broker refused a message")

// Refused tells whether an error of Publish is the broker's own word that it did not take what Publish doesn't count as
// taken. After any other error, such as a broken connection or an answer that didn't come in time, nobody can tell.
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
		// The broker closes a channel over a message; a connection that ends says nothing of what was on its way.
		return fromRabbitMQ.Server && fromRabbitMQ.Recover
	case errors.As(err, &fromSQS):
		return fromSQS.ErrorFault() == smithy.FaultClient
	}
	return false
}
