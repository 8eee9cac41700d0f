package contender

import (
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/workers"
)

// Each framework gets a URL in its own form, with the settings that it needs for it, or refuses it.
func TestHowABrokerIsReachedIsInTheSettings(t *testing.T) {
	t.Setenv("SSL_CERT_FILE", "/trusted.pem")
	catalog, err := NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ framework, broker, url, variable, want string }{
		{"celery", "redis", "unix://u:p%2F@/run/r.sock?db=2", "TQBENCH_BROKER_URL", "redis+socket://u:p%2F@/run/r.sock?virtual_host=2"},
		{"rq", "redis", "unix:///run/r.sock?db=2", "TQBENCH_BROKER_URL", "unix:///run/r.sock?db=2"},
		{"bullmq", "redis", "unix://u:p%2F@/run/r.sock?db=2", "TQBENCH_BROKER_URL", "redis://u:p%2F@localhost/2"},
		{"bullmq", "redis", "unix://u:p%2F@/run/r.sock?db=2", "TQBENCH_SETTINGS", `"connection":{"path":"/run/r.sock"}`},
		{"bullmq", "redis", "rediss://u:p@h:1/0?ssl_ca_certs=/ca", "TQBENCH_SETTINGS", `"connection":{"tls":{"ca":"/ca","rejectUnauthorized":true}}`},
		{"bullmq", "redis", "rediss://u:p@h:1/0?ssl_cert_reqs=none", "TQBENCH_SETTINGS", `"connection":{"tls":{"rejectUnauthorized":false}}`},
		{"celery", "rabbitmq", "amqps://u:p@h:1/", "TQBENCH_CELERY_SETTINGS", `"broker_use_ssl":{"cert_reqs":2,"server_hostname":"h"}`},
		{"celery", "rabbitmq", "amqps://u:p@h:1/?cacertfile=/ca", "TQBENCH_CELERY_SETTINGS", `"broker_use_ssl":{"ca_certs":"/ca","cert_reqs":2,"server_hostname":"h"}`},
		{"celery", "rabbitmq", "amqps://u:p@h:1/?cacertfile=/ca", "TQBENCH_BROKER_URL", "amqps://u:p@h:1/"},
		{"celery", "rabbitmq", "amqps://u:p@h:1/?verify=verify_none", "TQBENCH_CELERY_SETTINGS", `"broker_use_ssl":{"cert_reqs":0}`},
		{"celery", "rabbitmq", "amqp://u:p@h:1/", "SSL_CERT_FILE", "/trusted.pem"},
		{"taskiq", "rabbitmq", "amqps://u:p@h:1/?cacertfile=/c%20a", "TQBENCH_BROKER_URL", "amqps://u:p@h:1/?cafile=%2Fc+a&certfile=&keyfile="},
		{"dramatiq", "rabbitmq", "amqps://u:p@h:1/?certfile=/c&keyfile=/k", "TQBENCH_SETTINGS", `"tls":{"certfile":"/c","keyfile":"/k","server_hostname":"h"}`},
		{"dramatiq", "rabbitmq", "amqps://u:p@h:1/?verify=verify_none", "", "Dramatiq on rabbitmq: its client always checks"},
		{"asynctasq", "mysql", "mysql://u:p@h:1/db?ssl_check_hostname=false", "", "AsyncTasQ on mysql: its driver can't encrypt"},
		{"asynctasq", "mysql", "mysql://u:p@[::1]:1/db", "", "AsyncTasQ on mysql: its driver can't read an IPv6 address"},
	} {
		k, err := catalog.Find(tt.framework)
		if err != nil {
			t.Fatal(err)
		}
		s, err := k.Setup(Target{Env: workers.Env{Python: "python"}, Broker: tt.broker, URL: tt.url, Queue: "run-a", Space: "run", Processes: 2, Concurrency: 10, CPUs: 2})
		switch {
		case tt.variable == "" && (!errors.Is(err, broker.ErrURL) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s, %s: %v, want %q", tt.framework, tt.url, err, tt.want)
		case tt.variable != "" && (err != nil || !strings.Contains(s.Environ[tt.variable], tt.want)):
			t.Errorf("%s, %s: %s is %s, %v; want %s", tt.framework, tt.url, tt.variable, s.Environ[tt.variable], err, tt.want)
		}
	}
}
