package bundle

import (
	"strings"
	"testing"
)

// A traceback of a worker shows what its library has by default, cut off at any place, and a command a variable in a password's place: no one's
// secret. In a log, what begins with a dollar may be one.
func TestAPlaceholderOfALibraryIsNoSecret(t *testing.T) {
	t.Parallel()
	for text, secret := range map[string]bool{
		"postgres_dsn='postgresql://test:test@localhost:5432/test_db'": false,
		"mysql://test:test@localhost…":                                 false,
		"amqp://guest:guest@localhos…":                                 false,
		"postgresql://test:test@loca…":                                 false,
		"amqp://guest:guest@127.0.0.1/":                                false,
		"redis://:***@db.example:6379":                                 false,
		"postgresql://db/shop?user=u&password=***":                     false,
		"postgresql://db/shop?user=u&passfile=/run/pass":               false,
		"pip install --index-url https://ci:$TOKEN@pypi.example/x":     false,
		"pip install --index-url https://ci:${TOKEN}@pypi.example/x":   false,
		"curl 'https://a.example/x?password=$PASSWORD'":                false,
		`"curl https://a.example/x?user=u\u0026password=${PASSWORD}"`:  false,
		"pip install --index-url https://ci:$ecret!@pypi.example/x":    true,
		"git clone https://ci:${TOKEN:-hunter2}@git.example/x":         true,
		"curl 'https://a.example/x?password=$ecret!'":                  true,
		"curl https://a.example/x?password=$PASSWORD; pip install x":   false,
		"amqp://guest:guest@db.example/":                               true,
		"DATABASE_URL=postgresql://db/shop?user=u&password=hunter2":    true,
		`"postgresql://db/shop?user=u\u0026password=hunter2"`:          true,
		"postgresql://***:***@db/shop?pwd=hunter2":                     true,
		"mysql://test:test2@localhost/":                                true,
		"mysql://shop:hunter2@localhost/":                              true,
		"redis://:hunter2@127.0.0.1:6379":                              true,
		"mysql://test:test@localhost/ mysql://shop:hunter2@localhost/": true,
	} {
		if got := secretIn([]byte(text), true); (got != "") != secret {
			t.Errorf("%s: %q", text, got)
		}
		if got := secretIn([]byte(text), false); (got != "") != (secret || strings.Contains(text, "$")) {
			t.Errorf("%s, in a log: %q", text, got)
		}
	}
}
