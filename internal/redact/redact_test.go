package redact

import (
	"slices"
	"strings"
	"testing"
)

func TestSecretsAreReplaced(t *testing.T) {
	r := New(append(Password("mysql://user:hunter2%21x@host:3306/db"), "")...)
	for text, want := range map[string]string{
		"nothing here":                              "nothing here",
		"mysql://user:hunter2%21x@host":             "mysql://user:***@host",
		"password='hunter2!x'":                      "password='***'",
		"│ dsn='mysql://user:hunt │\n│ er2!x@host'": "│ dsn='mysql://user:***@host'",
		"dsn='mysql://user:hunter…":                 "dsn='mysql://user:***…",
		"hun":                                       "hun",
		"hunt":                                      "***",
	} {
		if got := r.String(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

func TestASecretThatBeginsAnotherLeavesNoRest(t *testing.T) {
	if got := New("opens", "opensesame").String("say opensesame, or opens"); got != "say ***, or ***" {
		t.Errorf("%q", got)
	}
}

func TestNoSecretsLeaveTextAlone(t *testing.T) {
	if got := New().String("a: b"); got != "a: b" {
		t.Errorf("%q", got)
	}
}

func TestPasswordsOfURLs(t *testing.T) {
	for url, want := range map[string]string{
		"redis://h:1/0":                                         "",
		"redis://:pw@h:1/0":                                     "pw",
		"amqp://u:p%40w@h":                                      "p%40w p@w",
		"postgresql://u@h/db":                                   "",
		"sqs://k:s/ecret@h:1/x":                                 "s/ecret", // no URL: a slash must be escaped
		"redis://:p@ss/w@h/0":                                   "p p@ss/w",
		"mysql://u:a@b@h/db":                                    "a@b",
		"mysql://u:a%zzb@h/db":                                  "a%zzb",
		"not a url":                                             "",
		"sqs://key:s%2Fec@h:1/x-1":                              "s%2Fec s/ec",
		"postgresql://db/shop?user=u&password=hunter2":          "hunter2",
		"postgresql://u@db:5432/shop?password=p%40ss+w&x=1":     "p%40ss+w p@ss+w p@ss w",
		"postgresql://db:5432/shop?password=p@ss":               "p@ss",
		"postgresql://u:pw@db/shop?sslmode=require&PASSWORD=x":  "pw x",
		"mysql://db/shop?passwd=a&pwd=b&sslpassword=c#password": "a b c#password c",
		"postgresql://db/shop?password=it's\\x":                 "it's\\x",
		"postgresql://db/shop?passfile=/x&password=&nopwd=z":    "",
		"/login?password=hunter2":                               "", // no URL
	} {
		if got := strings.Join(Password(url), " "); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}

// A URL is shown without its password, wherever that is.
func FuzzPassword(f *testing.F) {
	f.Add("redis", "", "correct-horse", "127.0.0.1:6379/0")
	f.Add("postgresql", "u", "p%40ss/word", "h/db")
	f.Add("amqp", "a", "@@", "")
	f.Add("postgresql", "u", "p%40ss", "h/db?password=other&x=1")
	f.Add("postgresql", "iam", strings.Repeat("0123456789abcdef", 100), "h/db") // as long as a token of a cloud
	f.Fuzz(func(t *testing.T, scheme, user, password, rest string) {
		if strings.ContainsAny(password, "/?#") || strings.ContainsAny(user, ":/?#") || strings.ContainsAny(rest, "@") || strings.Contains(scheme, "://") || password == "" {
			return
		}
		rawURL := scheme + "://" + user + ":" + password + "@" + rest
		found := Password(rawURL)
		if !slices.Contains(found, password) {
			t.Fatalf("%q has the passwords %q", rawURL, found)
		}
		r := New(found...)
		if shown := r.String("before " + password + " after"); strings.Contains(shown, password) && !strings.Contains("before "+Mask+" after", password) {
			t.Fatalf("%q is shown as %q", password, shown)
		}
	})
}

// A text has a URL's parameters as the program wrote it that made the text.
func TestPasswordsAmongParametersInATextAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"DATABASE_URL=postgresql://db/shop?user=u&password=hunter2\nnext":                  "hunter2",
		`{"error":"no connection to postgresql://db/shop?user=u\u0026password=hunter2\n"}`: "hunter2",
		"<td>postgresql://db/shop?user=u&amp;password=hunter2</td>":                        "hunter2",
		"two: postgresql://a/b?password=one postgresql://a/b?password=two":                 "one two",
		"connect(user='u', password='hunter2')":                                            "",
		"the parameter ?password= is empty":                                                "",
	} {
		if got := strings.Join(Parameters([]byte(text)), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestURLsInACommandMayHaveSecrets(t *testing.T) {
	for command, want := range map[string]bool{
		"":                                false,
		"uv sync --frozen":                false,
		"pip install -r requirements.txt": false,
		"pip install --index-url https://pypi.example/simple x":                   false,
		"pip install --index-url https://ci:hunter2@pypi.example/simple x":        true,
		"pip install --index-url 'https://ci:hunter2@pypi.example/simple' x":      true,
		"pip install --index-url https://ci:$PYPI@pypi.example/simple x":          false,
		"pip install --index-url \"https://ci:${PYPI}@pypi.example/simple\" x":    false,
		"git clone https://ghp_abc@github.com/a/b":                                true,
		"pip install --index-url https://ghp_abc:@pypi.example/me x":              true,
		"pip install --index-url https://$TOKEN:@pypi.example/me x":               false,
		"git clone https://$TOKEN@github.com/a/b":                                 false,
		"pip install git+https://ghp_abc@github.com/a/b":                          true,
		"pip install git+ssh://git@github.com/a/b && echo mail@example.org":       false,
		"curl https://example.org/a@b && pip install git+https://github.com/a@v1": false,
		"pip install https://a.example/x https://u:p@ss@b.example/y":              true,
		"curl https://a.example/x?user=u&password=hunter2":                        true,
		"curl 'https://a.example/x?password=$PASSWORD'":                           false,
		"curl https://ci:$HEAD${TAIL}@a.example/x":                                false,
		"curl https://ci:$ecret!@a.example/x":                                     true,
		"curl https://ci:${TOKEN:?unset}@a.example/x":                             false,
		"curl https://ci:${TOKEN:-}@a.example/x":                                  false,
		"curl https://ci:${TOKEN:-$CI_TOKEN}@a.example/x":                         false,
		"curl https://ci:${TOKEN:-${CI_TOKEN}}@a.example/x":                       false,
		"curl \"https://a.example/x?password=${TOKEN:?is not set}\"":              false,
		"curl \"https://a.example/x?password=${TOKEN:-hunter2 x}\"":               true,
		"curl https://ci:${TOKEN:-hunter2}@a.example/x":                           true,
		"curl -O https://a.example/x?password=$PASSWORD; pip install x":           false,
		"curl https://a.example/x?password=${PASSWORD}|tar x":                     false,
		"pip install $(curl https://a.example/x?password=$PASSWORD)":              false,
		"curl \"https://a.example/x?password=$(cat /run/password)\"":              false,
		"curl 'https://a.example/x?password=$ecret!'":                             true,
		"curl 'https://a.example/x?password=$2b$12$abc'":                          true,
	} {
		if got := InURL(command); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
}
