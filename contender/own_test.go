package contender

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
)

func TestATasksNumberIsInItsID(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for _, seq := range []int64{0, 1, 255, 1 << 40, 1<<56 - 1} {
		u := SeqUUID(seq, rng)
		low := binary.BigEndian.Uint64(u[8:]) & (1<<56 - 1)
		if int64(low) != seq || u[6]>>4 != 8 || u[8]>>6 != 2 {
			t.Errorf("%s for %d has %d, version %d, variant %d", u, seq, low, u[6]>>4, u[8]>>6)
		}
		seen[u.String()] = true
	}
	if len(seen) != 5 {
		t.Error("two tasks have one id")
	}
}

// JSON values in MessagePack's smallest forms.
func TestJSONArgumentsBecomeMessagePack(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`[1, -1, 1.5, "a", true, null]`: "\x96\x01\xff\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xa1a\xc3\xc0",
		`{"b": [], "a": {}}`:            "\x82\xa1a\x80\xa1b\x90",
		`1e400`:                         "",
		`{`:                             "",
	} {
		got, err := appendMsgpackJSON(nil, []byte(text))
		if (err == nil) != (want != "") || err == nil && string(got) != want {
			t.Errorf("%s became %q (%v), want %q", text, got, err, want)
		}
	}
}

func TestAsynctasqNeedsModuleAndFunction(t *testing.T) {
	t.Parallel()
	target := committed("redis", "")
	target.Own = &Own{App: "shop"}
	c, err := catalog(t).Find("asynctasq")
	if err != nil {
		t.Fatal(err)
	}
	enc, err := c.Encoder(target)
	if err != nil {
		t.Fatal(err)
	}
	call := &Call{Args: []byte("[]"), Kwargs: []byte("{}")}
	if _, err := enc.Append(nil, &broker.Properties{}, Task{Name: "price", Own: call}); err == nil {
		t.Error("a task without a module was accepted")
	}
}

func FuzzParseUUID(f *testing.F) {
	f.Add("0191f7b0-0000-8000-8000-0000000000ff")
	f.Add("0191f7b0-0000-8000-8000-0000000000f\xff")
	f.Add("------------------------------------")
	f.Fuzz(func(t *testing.T, s string) {
		if u, err := ParseUUID(s); err == nil && !strings.EqualFold(u.String(), s) {
			t.Fatalf("%q was read as %s", s, u)
		}
	})
}
