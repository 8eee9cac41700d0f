package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
)

// reply is an error that a Redis server answers.
type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

var _ redis.Error = reply("")

// Only a broker's own report is a refusal; after a connection's failure, it is unknown what the broker has.
func TestOnlyABrokersOwnWordIsARefusal(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                   {nil, false},
		"Redis has no memory":       {reply("OOM command not allowed"), true},
		"PostgreSQL has no table":   {&pgconn.PgError{Code: noTable}, true},
		"MySQL has no room":         {&mysql.MySQLError{Number: 1114}, true},
		"RabbitMQ has no exchange":  {&amqp.Error{Code: amqp.NotFound, Server: true, Recover: true}, true},
		"RabbitMQ says no":          {errRefused, true},
		"RabbitMQ ends":             {&amqp.Error{Code: amqp.ConnectionForced, Server: true}, false},
		"a channel is closed":       {amqp.ErrClosed, false},
		"SQS finds it too long":     {&smithy.GenericAPIError{Code: "InvalidMessageContents", Fault: smithy.FaultClient}, true},
		"SQS has a fault":           {&smithy.GenericAPIError{Code: "InternalError", Fault: smithy.FaultServer}, false},
		"a connection that is cut":  {syscall.ECONNRESET, false},
		"an end in the middle":      {io.ErrUnexpectedEOF, false},
		"a closed MySQL connection": {mysql.ErrInvalidConn, false},
		"no answer in time":         {context.DeadlineExceeded, false},
		"another error":             {errors.New("refused"), false},
	} {
		if got := Refused(tt.err); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
		if tt.err != nil && Refused(fmt.Errorf("publish: %w", tt.err)) != tt.want {
			t.Errorf("%s, wrapped: %v", name, !tt.want)
		}
	}
}
