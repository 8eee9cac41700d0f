package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

const (
	// sqsBatch is SQS's maximum for one call.
	sqsBatch = 10
	// sqsVisibility is our queues' visibility timeout, in seconds.
	sqsVisibility = 1800
	sqsReady      = 30 * time.Second
	// sqsAgain is how long to wait before asking again for a name that AWS still keeps.
	sqsAgain = 5 * time.Second
	// sqsCalls is how many calls of a backlog are under way at once.
	sqsCalls = 8
	// sqsConnections is how many calls may be under way at once.
	sqsConnections = 64
	// sqsKey is the file with the emulator's access key.
	sqsKey = "key"
	// sqsBuffer holds a batch of usual messages, in bytes.
	sqsBuffer = 64 << 10
)

// sqsBroker is AWS's SQS or an emulator of it.
type sqsBroker struct {
	*private
	url    string
	target SQSTarget
	client *sqs.Client
	// describe describes a private instance.
	describe results.Broker

	mu   sync.Mutex
	urls map[string]string
	// deleted are the names of queues that were deleted here: AWS may find them for another minute.
	deleted map[string]bool
	// again is sqsAgain, except in tests.
	again time.Duration
}

// startSQS starts an emulator: fauxqs, on Node.js, installed in tqbench's own cache.
func startSQS(ctx context.Context, at address, _ choice) (Broker, error) {
	builder, err := workers.NewBuilder(nil)
	if err != nil {
		return nil, err
	}
	node, err := builder.BuildEmulator(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", ErrSetup, err)
	}
	if shut, err := process.Shut(node.Script); err != nil {
		return nil, fmt.Errorf("%w: find a way to the emulator: %w", ErrSetup, err)
	} else if shut != "" && os.Getuid() == 0 {
		return nil, fmt.Errorf("%w: tqbench doesn't run the emulator as root, and no other user can enter %s: set %s to a folder that all users may enter",
			ErrSetup, shut, workers.CacheEnv)
	}
	key := secret()
	server, err := launch(ctx, "sqs", "", func(dir string) (plan, error) {
		return plan{
			product: "fauxqs", forgets: "the SQS emulator keeps its queues in memory",
			argv: []string{node.Exe, node.Script, at.host, at.port, filepath.Join(dir, sqsKey)}, files: map[string]string{sqsKey: key},
			// An emulator must not reach AWS either.
			env: []string{"AWS_EC2_METADATA_DISABLED=true", "AWS_ACCESS_KEY_ID=" + account, "AWS_SECRET_ACCESS_KEY=" + account},
		}, nil
	})
	if err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "sqs", Host: at.String(), User: url.UserPassword(key, at.password), Path: "/us-east-1"}
	t, err := ParseSQS(u.String())
	if err != nil {
		server.stop(syscall.SIGKILL)
		return nil, err
	}
	s, err := newSQS(ctx, server, u.String(), t)
	if err != nil {
		server.stop(syscall.SIGKILL)
		return nil, err
	}
	s.describe = results.Broker{Name: "sqs", Product: "fauxqs (SQS emulator)", Version: node.Version, Settings: []results.Setting{
		{Name: "emulator", Value: "fauxqs on Node.js", Default: "AWS", Why: "a trial needs no account, and no call leaves the machine; the emulator's speed may be the limit"},
		{Name: "storage", Value: "memory", Default: "AWS's own", Why: "the emulator has no alternative: nothing waits for a disk"},
		bindSetting("host", at.host, "all interfaces"),
	}}
	if err := s.await(ctx, sqsReady, s.answers); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newSQS(ctx context.Context, server *private, rawURL string, t SQSTarget) (*sqsBroker, error) {
	options := []func(*config.LoadOptions) error{config.WithRegion(t.Region), config.WithRetryMaxAttempts(1)}
	if t.Endpoint != "" {
		// The user's own endpoint is reached directly, without the machine's proxy.
		options = append(options, config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(tr *http.Transport) {
			tr.Proxy = nil
			tr.MaxIdleConnsPerHost = sqsConnections
			// Write a batch at once, without compression on the same machine.
			tr.WriteBufferSize, tr.ReadBufferSize, tr.DisableCompression = sqsBuffer, sqsBuffer, true
		})), config.WithBaseEndpoint(t.Endpoint),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(t.Key, t.Secret, "")))
	}
	if err := checkFiles(slices.Concat(environFiles("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE"),
		homeFiles(".aws/config", ".aws/credentials"))...); err != nil {
		return nil, err
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if code := (config.AssumeRoleTokenProviderNotSetError{}); errors.As(err, &code) {
		return nil, fmt.Errorf("%w: the AWS profile assumes a role that asks for a code (mfa_serial), which nothing can enter in a run: get keys for a session first, "+
			"and give them as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN", ErrSetup)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: AWS's settings can't be read: %s", ErrSetup, oneLine(err))
	}
	return &sqsBroker{private: server, url: rawURL, target: t, client: sqs.NewFromConfig(c, unchecked, t.only), urls: map[string]string{}, deleted: map[string]bool{}, again: sqsAgain}, nil
}

// only leads to the target alone, whatever endpoint or none the environment and AWS's files name: workers go there as well.
func (t SQSTarget) only(o *sqs.Options) {
	o.BaseEndpoint = nil
	if t.Endpoint != "" {
		o.BaseEndpoint = &t.Endpoint
	}
}

// unchecked turns off the library's MD5 comparison of messages: a connection has its own checksums, and a damaged task counts as lost.
func unchecked(o *sqs.Options) { o.DisableMessageChecksumValidation = true }

func attachSQS(ctx context.Context, rawURL string) (Broker, error) {
	t, err := ParseSQS(rawURL)
	if err != nil {
		return nil, err
	}
	s, err := newSQS(ctx, &private{}, rawURL, t)
	if err != nil {
		return nil, err
	}
	at := t.Endpoint
	s.describe = results.Broker{Name: "sqs", Product: "SQS", Version: t.Region, Attached: true}
	if at == "" {
		at = "AWS, " + t.Region
	} else {
		s.describe.Product, s.describe.Version = "non-AWS SQS endpoint", "unknown"
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := s.answers(ctx); err != nil {
		return nil, refused("SQS", at, err, map[string]string{
			"InvalidClientTokenId": "it refuses the access key", "SignatureDoesNotMatch": "it refuses the secret key",
			"AccessDenied": "the credentials may not list queues", "get credentials": "AWS's tools would find no credentials",
		})
	}
	return s, nil
}

func (s *sqsBroker) answers(ctx context.Context) error {
	_, err := s.client.ListQueues(ctx, &sqs.ListQueuesInput{MaxResults: aws.Int32(1)})
	return err
}

// URL is the address for workers.
func (s *sqsBroker) URL() string { return s.url }

// Declare creates the queues.
func (s *sqsBroker) Declare(ctx context.Context, places []Place) error {
	for _, p := range places {
		if at, err := s.queue(ctx, p.Key); err != nil || at != "" {
			if err != nil {
				return fmt.Errorf("declare queue %s: %w", p.Key, err)
			}
			continue
		}
		if err := s.create(ctx, p.Key); err != nil {
			return fmt.Errorf("declare queue %s: %w", p.Key, err)
		}
	}
	return nil
}

// create makes a queue. AWS refuses the name of one that was deleted within the last minute.
func (s *sqsBroker) create(ctx context.Context, name string) error {
	for {
		_, err := s.client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{
			string(types.QueueAttributeNameVisibilityTimeout): strconv.Itoa(sqsVisibility),
		}})
		if recently := (*types.QueueDeletedRecently)(nil); !errors.As(err, &recently) {
			if err == nil {
				s.mu.Lock()
				delete(s.deleted, name)
				s.mu.Unlock()
			}
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(s.again):
		}
	}
}

// queue is a queue's URL, or "" if it doesn't exist.
func (s *sqsBroker) queue(ctx context.Context, name string) (string, error) {
	s.mu.Lock()
	at, ok := s.urls[name]
	ok = ok || s.deleted[name]
	s.mu.Unlock()
	if ok {
		return at, nil
	}
	out, err := s.client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if missing(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.urls[name] = *out.QueueUrl
	return *out.QueueUrl, nil
}

func missing(err error) bool {
	var no *types.QueueDoesNotExist
	return errors.As(err, &no)
}

// Batches are SQS's maximum for one call. A call takes long, mostly in transit or in the library: several at once keep the server busy.
func (s *sqsBroker) Batches() (messages, calls int) { return sqsBatch, sqsCalls }

// Publish sends batches of ten, one after another.
func (s *sqsBroker) Publish(ctx context.Context, messages []Message) (int, error) {
	taken := 0
	for taken < len(messages) {
		d := messages[taken].Destination
		end := taken
		for end < len(messages) && messages[end].Destination == d && end-taken < sqsBatch {
			end++
		}
		n, err := s.batch(ctx, d.Queue, messages[taken:end])
		taken += n
		if err != nil {
			return taken, fmt.Errorf("send: %w", err)
		}
	}
	return taken, nil
}

// batch sends up to ten messages. SQS may accept some and refuse others; those before the first refused one count as accepted.
func (s *sqsBroker) batch(ctx context.Context, name string, messages []Message) (int, error) {
	at, err := s.queue(ctx, name)
	if err != nil {
		return 0, err
	}
	if at == "" {
		return 0, fmt.Errorf("there is no queue %s", name)
	}
	in := sqs.SendMessageBatchInput{QueueUrl: &at}
	for i := range messages {
		e := types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(messages[i].Body))}
		for k, v := range messages[i].Properties.Headers {
			if e.MessageAttributes == nil {
				e.MessageAttributes = map[string]types.MessageAttributeValue{}
			}
			e.MessageAttributes[k] = types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String(fmt.Sprint(v))}
		}
		in.Entries = append(in.Entries, e)
	}
	out, err := s.client.SendMessageBatch(ctx, &in)
	if err != nil {
		return 0, err
	}
	first := len(messages)
	var why error
	for _, f := range out.Failed {
		if i, err := strconv.Atoi(aws.ToString(f.Id)); err == nil && i < first {
			first, why = i, fmt.Errorf("%w: %s", errRefused, aws.ToString(f.Message))
		}
	}
	return first, why
}

// Depth counts messages that are ready, held by workers or delayed. SQS calls its numbers approximate.
func (s *sqsBroker) Depth(ctx context.Context, places []Place) (int64, error) {
	var sum int64
	for _, p := range places {
		at, err := s.queue(ctx, p.Key)
		if err != nil {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		if at == "" {
			continue
		}
		names := []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages,
			types.QueueAttributeNameApproximateNumberOfMessagesNotVisible, types.QueueAttributeNameApproximateNumberOfMessagesDelayed}
		out, err := s.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &at, AttributeNames: names})
		if missing(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read the depth: %w", err)
		}
		for _, name := range names {
			n, err := strconv.ParseInt(out.Attributes[string(name)], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read the depth: %s: %w", name, err)
			}
			sum += n
		}
	}
	return sum, nil
}

// Purge deletes the queues with their messages.
func (s *sqsBroker) Purge(ctx context.Context, places []Place) error {
	for _, p := range places {
		at, err := s.queue(ctx, p.Key)
		if err == nil && at != "" {
			_, err = s.client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &at})
		}
		s.mu.Lock()
		delete(s.urls, p.Key)
		if at != "" {
			s.deleted[p.Key] = true
		}
		s.mu.Unlock()
		if err != nil && !missing(err) {
			return fmt.Errorf("purge queue %s: %w", p.Key, err)
		}
	}
	return nil
}

// Describe describes this instance; SQS has no version.
func (s *sqsBroker) Describe(context.Context) (results.Broker, error) {
	d := s.describe
	d.Settings = append(d.Settings[:len(d.Settings):len(d.Settings)],
		results.Setting{Name: "visibility timeout", Value: fmt.Sprintf("%d s", sqsVisibility), Default: "30 s", Why: "of tqbench's queues: a task may run that long before another worker gets it"})
	return d, nil
}

// Restart says why the emulator can't be restarted.
func (s *sqsBroker) Restart(context.Context) error { return s.Restartable() }

// Close stops a private emulator.
func (s *sqsBroker) Close() error {
	s.stop(syscall.SIGTERM)
	return nil
}
