package kube

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
)

const (
	// account and database are a broker's in its pod.
	account  = "tqbench"
	database = "tqbench"
	// passwordVariable has the password of brokers in pods. Kubernetes replaces $(NAME) in arguments and later variables.
	passwordVariable = "TQBENCH_PASSWORD"
	// serverUser is the user of the server in each of the official images.
	serverUser = 999
)

// server is how a product's official image is started with the settings of a trial.
type server struct {
	// name is the broker's in the plan.
	name        string
	image, data string
	port        int
	args        []string
	// env has the variables that the image reads; the value "" stands for the password.
	env    [][2]string
	scheme string
	user   string
	path   string
}

// url is the server's in a run of that name, with the variable of the password in it.
func (s server) url(run string) string {
	return fmt.Sprintf("%s://%s:$(%s)@%s.%s:%d/%s", s.scheme, s.user, passwordVariable, s.host(), run, s.port, s.path)
}

// host is the host name of its pod.
func (s server) host() string {
	return Broker + "-" + strings.NewReplacer("@", "-", ".", "-").Replace(s.name)
}

// serverOf is the server of a broker by its name. An image replaces the pinned one.
func serverOf(name, image string) (server, error) {
	parsed, err := brokername.Parse(name)
	if err != nil {
		return server{}, err
	}
	product := parsed.Product
	if product == brokername.RabbitMQQuorum { // the same server
		product = brokername.RabbitMQ
	}
	var s server
	settings := broker.SettingsOf(product)
	switch product {
	case brokername.Redis, brokername.Valkey:
		s = server{port: 6379, data: "/data", scheme: "redis", path: "0", args: []string{product + "-server", "--requirepass", "$(" + passwordVariable + ")"}}
		for _, x := range settings {
			s.args = append(s.args, "--"+x.Name, x.Value)
		}
	case brokername.Postgres:
		s = server{port: 5432, data: "/var/lib/postgresql", scheme: "postgresql", user: account, path: database,
			args: []string{"postgres"}, env: [][2]string{{"POSTGRES_USER", account}, {"POSTGRES_DB", database},
				{"POSTGRES_PASSWORD", ""}, {"PGDATA", "/var/lib/postgresql/tqbench"}}}
		for _, x := range settings {
			s.args = append(s.args, "-c", x.Name+"="+x.Value)
		}
	case brokername.MySQL, brokername.MariaDB:
		program, prefix := "mysqld", "MYSQL"
		if product == brokername.MariaDB {
			program, prefix = "mariadbd", "MARIADB"
		}
		// A run makes databases, which only root may.
		s = server{port: 3306, data: "/var/lib/mysql", scheme: "mysql", user: "root", path: database,
			args: []string{program, "--skip-name-resolve"},
			env:  [][2]string{{prefix + "_DATABASE", database}, {prefix + "_ROOT_PASSWORD", ""}}}
		for _, x := range settings {
			s.args = append(s.args, "--"+strings.ReplaceAll(x.Name, "_", "-")+"="+x.Value)
		}
	case brokername.RabbitMQ:
		s = server{port: 5672, data: "/var/lib/rabbitmq", scheme: "amqp", user: account, path: "%2F",
			// A trial's server has no plugins, and none are enabled where this file is missing.
			env: [][2]string{{"RABBITMQ_DEFAULT_USER", account}, {"RABBITMQ_DEFAULT_PASS", ""}, {"RABBITMQ_ENABLED_PLUGINS_FILE", "/var/lib/rabbitmq/no-plugins"}}}
	default:
		return s, fmt.Errorf("%w: there is no image of %s to run in a pod: give its URL", ErrInput, parsed.Product)
	}
	s.name = name
	if s.image = image; image != "" {
		return s, nil
	}
	for _, p := range pinned() {
		if p.name == product+"@"+parsed.Version || parsed.Version == "" && p.standard && strings.HasPrefix(p.name, product+"@") {
			s.image = p.image
			return s, nil
		}
	}
	return s, fmt.Errorf("%w: there is no pinned image of %s: give one, or one of %s", ErrInput, name, strings.Join(pinnedNames(), ", "))
}

// pin is an image of a broker of a version, by tag and digest. The standard one of a product is for its name without a version.
type pin struct {
	name, image string
	standard    bool
}

// pinned are those of .dagger/images/Dockerfile, where Dependabot proposes new ones; a test compares them.
func pinned() []pin {
	return []pin{
		{"redis@8", "redis:8.8.0@sha256:234c902a2db49461a129e2d4aeff85b28cf20187ed274a67f6e50995fa713c7b", true},
		{"valkey@9", "valkey/valkey:9.1.0@sha256:8e8d64b405ce18f41b8e5ee20aa4687a8ed0022d1298f2ce31cdcf3a76e09411", true},
		{"postgres@17", "postgres:17.6@sha256:00bc86618629af00d2937fdc5a5d63db3ff8450acf52f0636ec813c7f4902929", false},
		{"postgres@18", "postgres:18.6-trixie@sha256:4ef4dbc939d61acea57712655ddb4b4ab27419c913f94cca0cd57cb3ea3c2280", true},
		{"mysql@8.4", "mysql:8.4.10@sha256:8dbcf531a03aade657e181b9cf2f1d1803ce621a1d55610cb44cb531ab7d7db6", true},
		{"mariadb@11.8", "mariadb:11.8.9@sha256:6422478cb8e159f080fb1d8ccf65101e26fe51385787fde7d16c3b165a331f15", true},
		{"rabbitmq@4", "rabbitmq:4.3.6-management@sha256:cdf40d8cb363d145e377ed88d59696a42386ffe54b30125f10eb128b862eea95", true},
	}
}

func pinnedNames() (out []string) {
	for _, p := range pinned() {
		out = append(out, p.name)
	}
	return out
}

// URLKey is the key of the Secret that has the URL of a broker elsewhere.
func URLKey(name string) string {
	return strings.NewReplacer("@", "-").Replace(name) + "-url"
}

// brokerJob runs a broker until the run's objects are deleted.
func (o Options) brokerJob(s server) object {
	env := []any{o.fromSecret(passwordVariable, PasswordKey)}
	for _, e := range s.env {
		value := e[1]
		if value == "" {
			value = "$(" + passwordVariable + ")"
		}
		env = append(env, object{"name": e[0], "value": value})
	}
	container := object{"image": s.image, "env": env, "ports": []any{object{"containerPort": s.port, "name": Broker}},
		"readinessProbe": object{"tcpSocket": object{"port": s.port}, "periodSeconds": 2},
		"volumeMounts":   []any{mount("data", s.data, false), mount("temporary", temporary, false)}}
	if len(s.args) > 0 {
		container["args"] = slices.Clone(s.args)
	}
	pod := o.pod(Broker, serverUser, container, []any{object{"name": "data", "emptyDir": object{}}, object{"name": "temporary", "emptyDir": object{}}})
	pod["hostname"] = s.host()
	return o.job(o.Name+"-"+s.host(), Broker, object{}, pod)
}
