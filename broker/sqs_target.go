package broker

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

const sqsExample = "sqs://REGION for AWS with the usual credentials, or sqs://KEY:SECRET@host:port/REGION for another endpoint"

// SQSTarget is an SQS to connect to.
type SQSTarget struct {
	Region string
	// Endpoint is empty for AWS itself, whose credentials come from its tools' usual places.
	Endpoint, Key, Secret string
}

// ParseSQS reads an SQS URL: sqs://REGION, or sqs://KEY:SECRET@host:port/REGION, with sqs+https for TLS. Its errors
// never contain the URL.
func ParseSQS(rawURL string) (SQSTarget, error) {
	f := urlForm{product: "SQS", example: sqsExample, schemes: []string{"sqs", "sqs+https"}, parameters: []string{}}
	bad := f.unreadable()
	if sqsNamesQueue(rawURL) {
		return SQSTarget{}, f.unread("it names a queue, but a run makes and removes its queues, which are standard ones: it can't use an existing or a FIFO queue. Write " + sqsExample)
	}
	u, err := f.read(rawURL)
	if err != nil {
		return SQSTarget{}, err
	}
	if u.Host == "" {
		return SQSTarget{}, bad
	}
	if u.Port() == "" {
		if u.User != nil || strings.Trim(u.Path, "/") != "" || strings.Contains(u.Host, ".") || u.Scheme != "sqs" {
			return SQSTarget{}, bad
		}
		return SQSTarget{Region: u.Host}, nil
	}
	t := SQSTarget{Region: strings.Trim(u.Path, "/"), Key: u.User.Username()}
	t.Secret, _ = u.User.Password()
	if t.Region == "" || t.Key == "" || t.Secret == "" {
		return SQSTarget{}, bad
	}
	t.Endpoint = "http://" + u.Host
	if u.Scheme == "sqs+https" {
		t.Endpoint = "https://" + u.Host
	}
	return t, nil
}

// sqsNamesQueue reports whether a URL names a queue: as AWS writes a queue's URL, as Celery's predefined queues, or after the region.
func sqsNamesQueue(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil || strings.Contains(u.Path, "@") { // then the path is a part of a password
		return false
	}
	web := u.Scheme == "https" || u.Scheme == "http"
	for name := range u.Query() {
		if strings.Contains(strings.ToLower(name), "queue") {
			return true
		}
	}
	return strings.HasSuffix(u.Path, ".fifo") || strings.Count(strings.Trim(u.Path, "/"), "/") > 0 && (web || strings.HasPrefix(u.Scheme, "sqs"))
}

func sqsHosts(rawURL string) ([]string, error) {
	t, err := ParseSQS(rawURL)
	if err != nil {
		return nil, err
	}
	if t.Endpoint == "" {
		return []string{"AWS in " + t.Region}, nil
	}
	u, err := url.Parse(t.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("%w: the SQS URL can't be read: write %s", ErrURL, sqsExample)
	}
	return []string{u.Hostname()}, nil
}

// Secure reports whether the endpoint uses TLS.
func (t SQSTarget) Secure() bool { return t.Endpoint == "" || strings.HasPrefix(t.Endpoint, "https:") }

// KeyURL is the target as sqs://KEY:SECRET@host:port/, without its region; as sqs:// for AWS itself.
func (t SQSTarget) KeyURL() string {
	if t.Endpoint == "" {
		return "sqs://"
	}
	_, host, _ := strings.Cut(t.Endpoint, "://")
	return (&url.URL{Scheme: "sqs", User: url.UserPassword(t.Key, t.Secret), Host: host, Path: "/"}).String()
}

// Environ is the environment for a worker's AWS library. Only a target that is AWS itself leads there, with our own environment's
// credentials. Any other names its endpoint, so that no call can go astray.
func (t SQSTarget) Environ() map[string]string {
	if t.Endpoint != "" {
		return map[string]string{
			"AWS_ENDPOINT_URL": t.Endpoint, "AWS_ENDPOINT_URL_SQS": t.Endpoint, "AWS_DEFAULT_REGION": t.Region, "AWS_REGION": t.Region,
			"AWS_ACCESS_KEY_ID": t.Key, "AWS_SECRET_ACCESS_KEY": t.Secret,
		}
	}
	env := map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SQS": "", "AWS_DEFAULT_REGION": t.Region, "AWS_REGION": t.Region,
		"AWS_EC2_METADATA_DISABLED": "false"}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CA_BUNDLE"} {
		env[name] = os.Getenv(name)
	}
	// Only without a key are AWS's files needed, from a folder of ours.
	if home, err := os.UserHomeDir(); err == nil && env["AWS_ACCESS_KEY_ID"] == "" {
		env["HOME"] = home
	}
	return env
}
