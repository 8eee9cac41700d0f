package serve

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// The history has a line for each series of the analysed runs, and asks for nothing but the style sheet.
func TestTheHistoryIsShown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := served(t, dir)
	if w := s.get(t, "/history"); w.Code != http.StatusBadRequest {
		t.Errorf("without runs: %d: %s", w.Code, w.Body)
	}
	for day, name := range []string{"a", "b", "c"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	s = served(t, dir)
	w := s.get(t, "/history")
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(body, "3 runs from") || !strings.Contains(body, `<svg class="spark"`) || strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Errorf("%d: %s", w.Code, body)
	}
	if w := s.get(t, "/"); !strings.Contains(w.Body.String(), `href="/history"`) {
		t.Error("the list doesn't lead to the history")
	}
}
