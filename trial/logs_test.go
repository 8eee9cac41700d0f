package trial

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/redact"
)

func TestALongLogsEndsAreKeptWithoutSecrets(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	b := sandbox{redact: redact.New(secret)}
	path := filepath.Join(t.TempDir(), "worker-1.log")
	keep := func(log string) []byte {
		t.Helper()
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := b.kept(path)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := keep("short " + secret); string(got) != "short "+redact.Mask {
		t.Errorf("%q", got)
	}
	// At any cut of the reading or the keeping, no part of the secret stays.
	for _, n := range []int{2*logEnds - 9, 2 * logEnds, 2 * (logEnds + secretRoom), 2*(logEnds+secretRoom) + 1, 10 * logEnds} {
		for _, shift := range []int{0, 9, 20} {
			all := strings.Repeat("x", shift) + strings.Repeat(secret+" ", n/(len(secret)+1))
			got := keep(all)
			for _, part := range strings.Split(secret, "-") {
				if bytes.Contains(got, []byte(part)) || len(got) > 2*logEnds+100 {
					t.Fatalf("of %d bytes, %d are kept, with %q", len(all), len(got), part)
				}
			}
		}
		got := keep("first" + strings.Repeat("x", n) + "last")
		if !bytes.HasPrefix(got, []byte("first")) || !bytes.HasSuffix(got, []byte("last")) || len(got) > 2*logEnds+100 ||
			n > 2*logEnds && !bytes.Contains(got, []byte("the middle is left out")) {
			t.Errorf("of %d bytes, %d are kept: %q", n, len(got), got[:100])
		}
	}
}
