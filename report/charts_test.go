package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/report/internal/chart"
)

// The charts are packed by code of this project: a browser reads from them the same pixels as the standard library.
func TestABrowserReadsTheCharts(t *testing.T) {
	b := open(t)
	var plotter chart.GoChart
	for _, c := range chartFiles(New(fixture())) {
		var file bytes.Buffer
		if err := plotter.PNG(&file, c.figure); err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		size, sum := picture.Bounds().Size(), uint32(1)
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := picture.At(x, y).RGBA()
				sum = sum*16777619 ^ (r>>8<<16 | g>>8<<8 | b>>8)
			}
		}
		script := `(async () => {
			const picture = new Image();
			picture.src = "data:image/png;base64,` + base64.StdEncoding.EncodeToString(file.Bytes()) + `";
			await picture.decode();
			const on = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
			on.drawImage(picture, 0, 0);
			const bytes = on.getImageData(0, 0, picture.width, picture.height).data;
			let sum = 1;
			for (let i = 0; i < bytes.length; i += 4) sum = Math.imul(sum, 16777619) ^ (bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
			return picture.width + " by " + picture.height + ": " + (sum >>> 0);
		})()`
		var got string
		b.Run(t, chromedp.Evaluate(script, &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if want := fmt.Sprintf("%d by %d: %d", size.X, size.Y, sum); got != want {
			t.Errorf("%s is %s, want %s", c.name, got, want)
		}
	}
}
