package trace

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// text is a file with this content.
func source(content string) Source {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
}

// azure is a row of the Azure trace of 2019 with counts for three minutes.
func azure(rows ...string) string {
	var b strings.Builder
	b.WriteString("HashOwner,HashApp,HashFunction,Trigger")
	for i := 1; i <= 1440; i++ {
		fmt.Fprintf(&b, ",%d", i)
	}
	b.WriteString("\n")
	for _, r := range rows {
		b.WriteString(r + strings.Repeat(",0", 1440-3) + "\n")
	}
	return b.String()
}

func packed(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	log1 = `10.0.0.1 - - [01/Jul/2024:00:00:01 -0400] "GET /a HTTP/1.0" 200 6245` + "\n"
	log2 = `host.example - alice [01/Jul/2024:00:00:03 -0400] "POST /b?q=1 HTTP/1.1" 503 - "https://example/" "a \"browser\" [1]"` + "\n"
)

func TestEachFormIsUnderstood(t *testing.T) {
	t.Parallel()
	type want struct {
		format     Format
		tasks      int64
		seconds    float64
		start      string
		bucket     float64
		understood string
		kinds      string
	}
	july := "2024-07-01T04:00:01Z"
	for name, tt := range map[string]struct {
		content string
		options Options
		want    want
	}{
		"a scenario's trace":  {"at,kind\n2,io\n3.5,cpu\n", Options{}, want{Arrivals, 2, 1.5, "", 0, "column at (s), kinds in column kind", "cpu:1 io:1"}},
		"a mark and quotes":   {"\ufeff\"at\",\"kind\"\n\"2\",\"io\"\n3,io\n", Options{}, want{Arrivals, 2, 1, "", 0, "column at", "io:2"}},
		"carriage returns":    {"at\r\n1\r\n2.25\r\n", Options{}, want{Arrivals, 2, 1.25, "", 0, "column at", ""}},
		"no line at the end":  {"at\n1\n2", Options{}, want{Arrivals, 2, 1, "", 0, "column at", ""}},
		"extra columns":       {"id,at,user\n7,0.5,x\n8,1.5,y\n", Options{}, want{Table, 2, 1, "", 0, "table separated by commas, times in column at (s)", ""}},
		"gzip":                {packed(t, "at\n1\n2\n"), Options{}, want{Arrivals, 2, 1, "", 0, "", ""}},
		"two members of gzip": {packed(t, "at\n1\n") + packed(t, "2\n"), Options{}, want{Arrivals, 2, 1, "", 0, "", ""}},
		"epoch seconds":       {"ts\n1700000000\n1700000060\n", Options{}, want{Table, 2, 61, "2023-11-14T22:13:20Z", 1, "column ts (s)", ""}},
		"a duration and a date": {`{"request_time":"0.005","time_iso8601":"2024-07-01T04:00:01Z"}` + "\n" + `{"request_time":"1.5","time_iso8601":"2024-07-01T04:00:03Z"}` + "\n", Options{},
			want{JSONLines, 2, 3, july, 1, "times in column time_iso8601", ""}},
		"a duration alone":   {"id,response_time\n7,0.5\n8,1.5\n", Options{}, want{Table, 2, 1, "", 0, "times in column response_time (s)", ""}},
		"a chosen unit":      {"job_id,begun_ms\n7,500\n8,1500\n", Options{Time: "begun_ms"}, want{Table, 2, 1, "", 0, "times in column begun_ms (ms)", ""}},
		"another unit":       {"response_time_ms,begun\n7,1700000000\n8,1700000060\n", Options{Time: "begun"}, want{Table, 2, 61, "2023-11-14T22:13:20Z", 1, "column begun (s)", ""}},
		"a chosen exact one": {"when,at\n2024-07-01T04:00:01Z,1\n2024-07-01T04:00:01Z,3\n", Options{Time: "at"}, want{Table, 2, 2, "", 0, "column at (s)", ""}},
		"epoch ms":           {"ts\n1700000000000\n1700000000250\n", Options{}, want{Table, 2, 0.25, "2023-11-14T22:13:20Z", 0, "(ms)", ""}},
		"epoch us":           {"ts\n1700000000000000\n1700000000000250\n", Options{}, want{Table, 2, 0.00025, "2023-11-14T22:13:20Z", 0, "(us)", ""}},
		"epoch ns":           {"1700000000000000000\n1700000000000000250\n", Options{}, want{Table, 2, 2.5e-7, "2023-11-14T22:13:20Z", 0, "column 1 (ns)", ""}},
		"a unit in the name": {"time_ms\n100\n350\n", Options{}, want{Table, 2, 0.25, "", 0, "column time_ms (ms)", ""}},
		"a unit by a flag":   {"time\n100\n350\n", Options{Unit: "ms"}, want{Table, 2, 0.25, "", 0, "(ms)", ""}},
		"zones": {"when;time\n1;2026-01-31T12:00:00.5+02:00\n2;2026-01-31 05:00:01.5-0500\n", Options{},
			want{Table, 2, 1, "2026-01-31T10:00:00.5Z", 0, "semicolons, times in column time", ""}},
		"tabs, no header":     {"x\t2026-01-31T12:00:00.1Z\ny\t2026-01-31T12:00:00.2Z\n", Options{}, want{Table, 2, 0.1, "2026-01-31T12:00:00.1Z", 0, "tabs, times in column 2", ""}},
		"empty fields, tabs":  {"time\tnote\tkind\n0.5\t\ta\n1\t\tb\n", Options{}, want{Table, 2, 0.5, "", 0, "kinds in column kind", "a:1 b:1"}},
		"a decimal comma":     {"time;kind\n0,5;a\n2,25;a\n", Options{}, want{Table, 2, 1.75, "", 0, "semicolons", "a:2"}},
		"columns by number":   {"a,7,0.5\nb,8,1.5\n", Options{Time: "3", Kind: "1"}, want{Table, 2, 1, "", 0, "times in column 3 (s), kinds in column 1", "a:1 b:1"}},
		"columns by name":     {"Start,Job Name\n0.5,x\n1.5,x\n", Options{Time: "start", Kind: "job name"}, want{Table, 2, 1, "", 0, "kinds in column Job Name", "x:2"}},
		"counts":              {"hour,views\n2026-01-31T12:00Z,3\n2026-01-31T13:00Z,0\n2026-01-31T14:00Z,5\n", Options{Time: "hour"}, want{Table, 8, 10800, "2026-01-31T12:00:00Z", 3600, "counts in column views", ""}},
		"counts and a bucket": {"minute,n\n0,3\n60,5\n", Options{Time: "1", Count: "n", Bucket: time.Minute}, want{Table, 8, 120, "", 60, "counts in column n", ""}},
		"exact seconds":       {"ts\n1700000000\n1700000060\n", Options{Bucket: -1}, want{Table, 2, 60, "2023-11-14T22:13:20Z", 0, "", ""}},
		"Wikipedia's hours":   {"timestamp,views\n2015070100,3\n2015070101,5\n", Options{Unit: "yyyymmddhh"}, want{Table, 8, 7200, "2015-07-01T00:00:00Z", 3600, "(yyyymmddhh), counts in column views", ""}},
		"an access log":       {log1 + log2, Options{}, want{AccessLog, 2, 3, july, 1, "access log", ""}},
		"kinds of a log":      {log1 + log2, Options{Kind: "path"}, want{AccessLog, 2, 3, july, 1, "kinds in column path", "/a:1 /b:1"}},
		"status of a log":     {log1 + log1 + log2, Options{Kind: "status"}, want{AccessLog, 3, 3, july, 1, "", "200:2 503:1"}},
		"Azure 2019":          {azure("o,a,f,http,0,2,0", "o,a,g,timer,0,0,3"), Options{Kind: "Trigger"}, want{AzureCounts, 5, 120, "", 60, "each minute, kinds in column Trigger", "timer:3 http:2"}},
		"Azure 2021":          {"app,func,end_timestamp,duration\na,f,10.5,2\na,g,9.75,0.25\n", Options{Kind: "func"}, want{AzureInvocations, 2, 1, "", 0, "end_timestamp (s) minus column duration", "f:1 g:1"}},
		"Google 2011": {"600000000,,1,0,,0,u,0,0,,,,\n600000500,,1,0,5,1,u,0,0,,,,\n601000000,,1,1,,0,u,0,0,,,,\n0,,2,0,,0,u,0,0,,,,\n9223372036854775807,,3,0,,0,u,0,0,,,,\n",
			Options{}, want{Google2011, 2, 1, "", 0, "column time (us)", ""}},
		"Google 2019, a table": {"time,type,collection_id\n0,0,1\n600000000,0,2\n600000001,3,2\n602000000,SUBMIT,3\n", Options{}, want{Google2019, 2, 2, "", 0, "Google cluster 2019", ""}},
		"Google 2019, objects": {`{"time":"600000000","type":"SUBMIT","collection_id":"1"}` + "\n" + `{"time":"603000000","type":0,"collection_id":"1"}` + "\n",
			Options{}, want{Google2019, 2, 3, "", 0, "Google cluster 2019", ""}},
		"objects":             {`{"ts":1700000000.5,"q":"a"}` + "\n\n" + `{"q":"b","ts":1700000001.5,"more":{}}` + "\n", Options{Kind: "q"}, want{JSONLines, 2, 1, "2023-11-14T22:13:20.5Z", 0, "JSON lines, times in column ts (s), kinds in column q", "a:1 b:1"}},
		"page views, an hour": {"en Main_Page 12 0\nde Wikipedia:Hauptseite 3 0\n", Options{Kind: "project"}, want{Pageviews, 15, 3600, "", 3600, "page views of an hour", "en:12 de:3"}},
		"page views, a day":   {"en.wikipedia A 12 desktop 8 B3X5\n", Options{}, want{Pageviews, 8, 82800, "", 3600, "page views of a day", ""}},
		"rows out of order":   {"at\n5\n2\n3.5\n", Options{}, want{Arrivals, 3, 3, "", 0, "", ""}},
		"comments":            {"# made by hand\nat\n# a pause\n1\n2\n", Options{}, want{Arrivals, 2, 1, "", 0, "", ""}},
		"a request as it was": {strings.Replace(log1, `"GET /a HTTP/1.0"`, `"GET /"x" y z"`, 1) + log2, Options{Kind: "method"}, want{AccessLog, 2, 3, july, 1, "", "-:1 POST:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Survey(t.Context(), source(tt.content), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			for _, k := range got.Kinds {
				kinds = append(kinds, fmt.Sprintf("%s:%d", k.Name, k.Tasks))
			}
			start := ""
			if got.Start != nil {
				start = got.Start.Format(time.RFC3339Nano)
			}
			w := tt.want
			if got.Format != w.format || got.Tasks != w.tasks || got.Seconds != w.seconds || start != w.start || got.BucketSeconds != w.bucket ||
				!strings.Contains(got.Understood, w.understood) || strings.Join(kinds, " ") != w.kinds {
				t.Errorf("%s: %d tasks in %v s from %q, bucket %v s, %q, kinds %q; want %+v", got.Format, got.Tasks, got.Seconds, start, got.BucketSeconds,
					got.Understood, kinds, w)
			}
			if got.Rows > got.Tasks || name == "Azure 2019" && (got.Rows != 2 || got.OutOfOrder != 0) || name == "rows out of order" && got.OutOfOrder != 1 ||
				got.Format == Google2011 && got.LeftOut != 3 {
				t.Errorf("%d rows, %d out of order, %d left out", got.Rows, got.OutOfOrder, got.LeftOut)
			}
			if l, err := got.Load(t.Context(), Whole(), 1000); err != nil || l.Tasks != w.tasks || l.Arrivals[0].At != 0 {
				t.Errorf("the load has %+v (%v)", l, err)
			}
		})
	}
}

func TestAFileThatCantBeReadIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content string
		options Options
		want    string
	}{
		"nothing":                {"", Options{}, "line 1: it is empty"},
		"blank lines":            {"\n \n", Options{}, "line 1: it is empty"},
		"a header alone":         {"at\n", Options{}, "it has no tasks"},
		"no number":              {"at\n1\nx\n", Options{}, `line 3: column at is "x": write a number from 0`},
		"below zero":             {"at\n-1\n", Options{}, `line 2: column at is "-1"`},
		"not a number":           {"at\nNaN\n", Options{}, `line 2: column at is "NaN"`},
		"no such date":           {"time\n2026-02-28T00:00:00Z\n2026-02-30T00:00:00Z\n", Options{}, `line 3: column time is "2026-02-30`},
		"too far":                {"at\n1e300\n", Options{}, `line 2: column at is "1e300"`},
		"a field too few":        {"at,kind\n1,io\n2\n", Options{}, "line 3: it has 1 columns, and the first row has 2"},
		"an open quote":          {"at,kind\n1,\"io\n2,heavy\n", Options{}, "line"},
		"no times":               {"a,b\nx,y\n", Options{}, "line 1: no column has times: choose one with --time"},
		"no such column":         {"at,kind\n1,io\n", Options{Time: "moment"}, `--time "moment": there is no such column: it has at, kind`},
		"a near column":          {"begun,kind\n1,io\n", Options{Time: "begum"}, `did you mean begun?`},
		"no such number":         {"at,kind\n1,io\n", Options{Kind: "3"}, "--kind 3: the file has 2 columns"},
		"no header":              {"1,io\n", Options{Kind: "kind"}, `--kind "kind": the file has no header`},
		"no such unit":           {"at\n1\n", Options{Unit: "min"}, `--unit "min": write s, ms, us, ns or yyyymmddhh`},
		"no such form":           {"at\n1\n", Options{Format: "azure"}, `--format "azure": choose from arrivals`},
		"a count below zero":     {"at,count\n1,-2\n", Options{}, `line 2: column count is "-2": write a whole number`},
		"half a task":            {"at,count\n1,0.5\n", Options{}, `line 2: column count is "0.5"`},
		"one count":              {"at,count\n1,20\n", Options{}, "state it with --bucket"},
		"a log's bad line":       {log1 + "alyssa.p\n", Options{}, "line 2: it is not a line of an access log"},
		"a log's bad date":       {log1 + strings.Replace(log1, "Jul", "Jly", 1), Options{}, `line 2: column time is "01/Jly/2024`},
		"Azure, no count":        {strings.Replace(azure("o,a,f,http,0,2,0"), "http,0", "http,x", 1), Options{}, `line 2: column 1 is "x": write a whole number`},
		"Azure, a time":          {azure("o,a,f,http,0,2,0"), Options{Time: "1"}, "--time: each row has several counts"},
		"Google, short":          {"600000000,,1,0,,0,u,0,0,,,,\n1,2\n", Options{}, "line 2: it has 2 columns"},
		"an object too short":    {"{\"time\":1}\n{\n", Options{}, "line 2: it is not a JSON object"},
		"an array":               {"[1,2]\n", Options{Format: JSONLines}, "line 1: it is not a JSON object"},
		"hours beyond the day":   {"en A 1 desktop 8 B3\nen A 1 desktop 8 Z3\n", Options{}, `line 2: column hours is "Z3"`},
		"a row without end":      {"at\n1\n" + strings.Repeat("9", 3<<20), Options{}, "after line 2: a row is longer than 1 MiB"},
		"a log without end":      {log1 + strings.Repeat("x", 3<<20), Options{}, "after line 1: a row is longer than 1 MiB"},
		"no text":                {"at\x00\n", Options{}, "it is not text"},
		"UTF-16":                 {"\xff\xfea\x00t\x00", Options{}, "it is UTF-16: save it as UTF-8"},
		"an archive":             {"PK\x03\x04", Options{}, "it is an archive: unpack it"},
		"half a gzip file":       {packed(t, "at\n1\n2\n")[:25], Options{}, "unexpected EOF"},
		"more than allowed":      {"at\n" + strings.Repeat("1\n", 1<<21), Options{MaxBytes: 1 << 20}, "it has more than 1 MiB"},
		"a bomb":                 {packed(t, "at\n"+strings.Repeat("\n", 1<<22)), Options{MaxBytes: 1 << 20}, "it has more than 1 MiB"},
		"a name's control signs": {"at\n\x1b[2J\n", Options{}, `column at is "\\u001b[2J"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Survey(t.Context(), source(tt.content), tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v, want one line with %q", err, tt.want)
			}
		})
	}
}

func TestBadRowsMayBeSkipped(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"a log": log1 + "alyssa.p\n" + log2 + "x\n", "a table": "at,kind\n1,io\nx,io\n2,io\n3\n"} {
		got, err := Survey(t.Context(), source(content), Options{SkipBad: true})
		if err != nil || got.Tasks != 2 || got.Skipped != 2 || !strings.HasPrefix(got.FirstSkipped, "line ") {
			t.Errorf("%s: %+v (%v)", name, got, err)
		}
	}
}

// A row with a bad cell is left out as a whole, with the cells before it.
func TestABadRowOfCountsIsLeftOutAsAWhole(t *testing.T) {
	t.Parallel()
	content := azure("o,a,good,http,1,2,3", "o,a,bad,http,4,5,x")
	got, err := Survey(t.Context(), source(content), Options{SkipBad: true})
	if err != nil || got.Tasks != 6 || got.Skipped != 1 || got.Rows != 1 {
		t.Errorf("%+v (%v)", got, err)
	}
}

func TestAFileOfTooManyKindsIsRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("at,kind\n")
	for i := range maxKinds + 1 {
		fmt.Fprintf(&b, "%d,k%d\n", i, i)
	}
	if _, err := Survey(t.Context(), source(b.String()), Options{}); err == nil || !strings.Contains(err.Error(), "line 10002: column kind has more than 10000 different values") {
		t.Errorf("err = %v", err)
	}
}
