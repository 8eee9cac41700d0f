package selfcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/broker"
)

const (
	// httpBatch is what SQS takes at most in one call.
	httpBatch       = 10
	httpConnections = 8
)

// bareHTTP replaces a tool that SQS doesn't have: batches encoded beforehand, on a few connections.
func bareHTTP(_ context.Context, p *pair) (tool, error) {
	at, err := broker.ParseSQS(p.target.URL)
	if err != nil {
		return tool{}, err
	}
	if at.Endpoint == "" {
		return tool{}, errors.New("it signs nothing, and AWS wants each call signed")
	}
	calls := max(1, p.load.tool/httpBatch)
	return tool{
		shown: fmt.Sprintf("bare HTTP: %d calls of SendMessageBatch with %d messages on %d connections", calls, httpBatch, httpConnections),
		rate: func(ctx context.Context) (float64, error) {
			e := &endpoint{at: at, client: &http.Client{Transport: &http.Transport{
				MaxConnsPerHost: httpConnections, MaxIdleConnsPerHost: httpConnections}}}
			defer e.client.CloseIdleConnections()
			body, err := e.batch(ctx, p.sample)
			if err != nil {
				return 0, err
			}
			return e.rate(ctx, body, calls)
		},
	}, nil
}

// endpoint is an emulator of SQS.
type endpoint struct {
	at     broker.SQSTarget
	client *http.Client
}

// batch encodes a batch of copies of one message.
func (e *endpoint) batch(ctx context.Context, m broker.Message) ([]byte, error) {
	ask, err := json.Marshal(map[string]string{"QueueName": m.Destination.Queue})
	if err != nil {
		return nil, err
	}
	answer, err := e.call(ctx, "GetQueueUrl", ask)
	if err != nil {
		return nil, err
	}
	var queue struct{ QueueUrl string }
	if err := json.Unmarshal(answer, &queue); err != nil {
		return nil, fmt.Errorf("GetQueueUrl: %w", err)
	}
	type attribute struct{ DataType, StringValue string }
	type entry struct {
		Id, MessageBody   string
		MessageAttributes map[string]attribute `json:",omitempty"`
	}
	in := struct {
		QueueUrl string
		Entries  []entry
	}{QueueUrl: queue.QueueUrl}
	for i := range httpBatch {
		one := entry{Id: strconv.Itoa(i), MessageBody: string(m.Body)}
		for k, v := range m.Properties.Headers {
			if one.MessageAttributes == nil {
				one.MessageAttributes = map[string]attribute{}
			}
			one.MessageAttributes[k] = attribute{DataType: "Number", StringValue: fmt.Sprint(v)}
		}
		in.Entries = append(in.Entries, one)
	}
	return json.Marshal(in)
}

// rate sends the batch that often on all connections and returns the messages per second.
func (e *endpoint) rate(ctx context.Context, body []byte, calls int) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for range httpConnections {
		wg.Go(func() {
			for ctx.Err() == nil && next.Add(1) <= int64(calls) {
				if err := e.send(ctx, body); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	return float64(calls*httpBatch) / time.Since(began).Seconds(), nil
}

// send sends the batch once; each of its messages must be taken.
func (e *endpoint) send(ctx context.Context, body []byte) error {
	answer, err := e.call(ctx, "SendMessageBatch", body)
	if err != nil {
		return err
	}
	var out struct{ Successful []struct{ Id string } }
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("SendMessageBatch: %w", err)
	}
	if len(out.Successful) != httpBatch {
		return fmt.Errorf("SendMessageBatch: %d of %d messages were taken", len(out.Successful), httpBatch)
	}
	return nil
}

// call makes a call in SQS's JSON protocol. An emulator reads the names in the signature but checks none.
func (e *endpoint) call(ctx context.Context, action string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.at.Endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", action, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	now := time.Now().UTC()
	req.Header.Set("X-Amz-Date", now.Format("20060102T150405Z"))
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s/%s/sqs/aws4_request, SignedHeaders=host;x-amz-date, Signature=0",
		e.at.Key, now.Format("20060102"), e.at.Region))
	resp, err := e.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", action, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", action, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s: %.200q", action, resp.Status, answer)
	}
	return answer, nil
}
