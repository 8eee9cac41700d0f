package contender

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/redis/go-redis/v9"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
)

// lines are ordered and unordered ones.
func lines(t *testing.T, target Target, setup Setup) (ordered, others []line) {
	t.Helper()
	if target.Broker == "redis" {
		return redisLines(t, target.URL, setup)
	}
	for _, p := range setup.Places {
		for _, m := range brokertest.Read(t, target.Broker, target.URL, p) {
			where := p.Key
			if target.Broker == "rabbitmq" {
				where += fmt.Sprintf(": exchange %q, key %q", m.Destination.Exchange, m.Destination.Queue)
			}
			body := m.Body
			if target.Broker == "sqs" {
				var err error
				if body, err = base64.StdEncoding.DecodeString(string(body)); err != nil {
					t.Fatal(err)
				}
			}
			said := properties(t, m.Properties)
			ordered = append(ordered, func(show func([]byte) string) string { return fmt.Sprintf("%s%s: %s", where, said, show(body)) })
		}
	}
	return ordered, nil
}

// properties are those with a value.
func properties(t *testing.T, p broker.Properties) string {
	t.Helper()
	headers := map[string]any{}
	for name, v := range p.Headers {
		if n, ok := v.(int32); ok {
			v = fmt.Sprintf("int32 %d", n)
		}
		headers[name] = v
	}
	p.Headers = headers
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if headers, ok := all["Headers"].(map[string]any); ok && len(headers) == 0 {
		delete(all, "Headers")
	}
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil || v == "" || v == false || v == 0. })
	if len(all) == 0 {
		return ""
	}
	if data, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	return " " + string(data)
}

// exact shows a value's bytes. For a compressed value, it shows the content, since the bytes differ between libraries.
func exact(b []byte) string {
	if plain := inflated(b); plain != nil {
		return fmt.Sprintf("zlib of %q", plain)
	}
	return fmt.Sprintf("%q", timeless(b))
}

// pickled begins each pickle of protocol 5.
const pickled = "\x80\x05"

// timeless is a pickle without times: each is a number of milliseconds in six bytes, the last of which is 1 from the end of 2004 to 2039.
func timeless(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte(pickled)) {
		return b
	}
	var out []byte
	for {
		before, after, found := bytes.Cut(b, []byte("\x8a\x06"))
		out = append(out, before...)
		if !found {
			return out
		}
		b = after
		if len(after) > 5 && after[5] == 1 {
			out, b = append(out, "<time>"...), after[6:]
			continue
		}
		out = append(out, "\x8a\x06"...)
	}
}

// inflated is the decompressed value, or nil if it wasn't compressed.
func inflated(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte{0x78, 0x9c}) {
		return nil
	}
	r, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil
	}
	return plain
}

// redisLines are the keys that hold tasks, lists and streams before those by id.
func redisLines(t *testing.T, url string, setup Setup) (ordered, others []line) {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	for _, k := range keys {
		kind, err := c.Type(t.Context(), k).Result()
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(setup.Leftovers, func(p broker.Place) bool { return p.Key == k }) {
			continue
		}
		switch kind {
		case "list":
			for _, v := range c.LRange(t.Context(), k, 0, -1).Val() {
				ordered = append(ordered, value(k+" (list): ", []byte(v)))
			}
		case "stream":
			for _, m := range c.XRange(t.Context(), k, "-", "+").Val() {
				ordered = append(ordered, value(k+" (stream): ", fmt.Append(nil, m.Values)))
			}
		case "hash":
			for f, v := range c.HGetAll(t.Context(), k).Val() {
				others = append(others, value(fmt.Sprintf("%s (hash): %s = ", k, f), []byte(v)))
			}
		case "zset":
			for _, z := range c.ZRangeWithScores(t.Context(), k, 0, -1).Val() {
				others = append(others, value(fmt.Sprintf("%s (sorted set): %v %.0f", k, z.Member, z.Score), nil))
			}
		case "set":
			for _, m := range c.SMembers(t.Context(), k).Val() {
				others = append(others, value(fmt.Sprintf("%s (set): %s", k, m), nil))
			}
		default:
			limit := ""
			if left := c.PTTL(t.Context(), k).Val(); left > 0 {
				limit = fmt.Sprintf(", for %s", left.Round(time.Minute))
			}
			others = append(others, value(fmt.Sprintf("%s (%s%s): ", k, kind, limit), []byte(c.Get(t.Context(), k).Val())))
		}
	}
	return ordered, others
}

// value is a line that ends with a value.
func value(before string, v []byte) line {
	return func(show func([]byte) string) string {
		if v == nil {
			return before
		}
		return before + show(v)
	}
}

// readable shows a value as text: decompressed, decoded from MessagePack, and without this machine's paths.
func readable(target Target) func([]byte) string {
	paths := []string{target.Env.Apps, "<apps>"}
	if target.Env.Packages != "" {
		paths = append(paths, target.Env.Packages, "<packages>")
	}
	return func(b []byte) string {
		if inflated(b) != nil || bytes.HasPrefix(b, []byte(pickled)) {
			return exact(b)
		}
		text := string(b)
		if v, rest, err := readMsgpack(b, msgpackDepth); err == nil && len(rest) == 0 && len(b) > 1 {
			if data, err := json.Marshal(v); err == nil {
				text = "MessagePack of " + string(data)
			}
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			text = exact(b)
		}
		return strings.NewReplacer(paths...).Replace(text)
	}
}

// anonymous removes times and numbers ids: those of ordered lines by their order, all others within their line.
func anonymous(ordered, others []string) string {
	ids := regexp.MustCompile(`[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}`)
	clients := regexp.MustCompile(`gen\d+@[\w.-]+|(?i)(reply_?to\\?": ?\\?")[0-9a-f-]{36}`)
	times := regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?|\b1[78]\d{11}(\d{6})?\b`)
	lines := slices.Concat(ordered, others)
	for i, l := range lines {
		lines[i] = clients.ReplaceAllString(l, "$1<client>")
	}
	var known []string
	for _, l := range lines[:len(ordered)] {
		for _, id := range ids.FindAllString(l, -1) {
			if !slices.Contains(known, id) {
				known = append(known, id)
			}
		}
	}
	for i, l := range lines {
		var here []string
		l = ids.ReplaceAllStringFunc(l, func(id string) string {
			if k := slices.Index(known, id); k >= 0 {
				return fmt.Sprintf("<id %02d of %d>", k, len(id))
			}
			if !slices.Contains(here, id) {
				here = append(here, id)
			}
			return fmt.Sprintf("<another id %d of %d>", slices.Index(here, id), len(id))
		})
		lines[i] = times.ReplaceAllString(l, "<time>")
	}
	slices.Sort(lines[len(ordered):])
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
