package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

const (
	maxBody     = 256 << 10
	maxLines    = 100
	maxQuantity = 1_000_000
)

type wanted struct {
	product  [16]byte
	quantity int64
}

// A command is what a customer asks for, once for each key.
type command struct {
	customer    [16]byte
	customerID  string
	key         string
	fingerprint []byte
	lines       []wanted
	requestID   string
}

// A receipt has the order as it was answered first.
type receipt struct {
	body     []byte
	replayed bool
}

type placer interface {
	place(ctx context.Context, c *command) (receipt, error)
}

func (s *server) placeOrder(w http.ResponseWriter, r *http.Request, requestID string) error {
	customer, err := s.tokens.bearer(r)
	if err != nil {
		return err
	} else if customer == nil {
		return authenticationRequired
	}
	c, err := readCommand(r, customer, requestID)
	if err != nil {
		return err
	}
	placed, err := s.place.place(r.Context(), c)
	if err != nil {
		return err
	}
	var id struct{ ID string }
	if err := json.Unmarshal(placed.body, &id); err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/orders/"+id.ID)
	w.Header().Set("ETag", `"v1"`)
	if placed.replayed {
		w.Header().Set("Idempotent-Replayed", "true")
	}
	answerWith(w, http.StatusCreated, placed.body)
	return nil
}

func readCommand(r *http.Request, customer *principal, requestID string) (*command, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" || len(key) > 255 {
		return nil, keyRequired
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, malformed
	}
	var read struct {
		Lines []struct {
			ProductID string `json:"product_id"`
			Quantity  int64  `json:"quantity"`
		} `json:"lines"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil {
		return nil, malformed
	}
	if len(read.Lines) < 1 || len(read.Lines) > maxLines {
		return nil, invalid
	}
	c := &command{customerID: customer.id, key: key, requestID: requestID}
	if c.customer, err = parseID(customer.id); err != nil {
		return nil, invalidToken
	}
	at := make(map[[16]byte]int, len(read.Lines))
	for _, line := range read.Lines {
		product, err := parseID(line.ProductID)
		if err != nil || line.Quantity < 1 || line.Quantity > maxQuantity {
			return nil, invalid
		}
		if first, again := at[product]; again {
			c.lines[first].quantity += line.Quantity
			continue
		}
		at[product] = len(c.lines)
		c.lines = append(c.lines, wanted{product, line.Quantity})
	}
	canonical, err := json.Marshal(read)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256([]byte("POST\n/v1/orders\n" + string(canonical)))
	c.fingerprint = digest[:]
	return c, nil
}

// byFunction places an order by one call of the function in place_order.sql.
type byFunction struct{ pool *pgxpool.Pool }

const callFunction = "SELECT body, replayed FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"

func (b byFunction) place(ctx context.Context, c *command) (placed receipt, err error) {
	lines, products, quantities := make([][16]byte, len(c.lines)), make([][16]byte, len(c.lines)), make([]int64, len(c.lines))
	for i, line := range c.lines {
		lines[i], products[i], quantities[i] = newID(), line.product, line.quantity
	}
	order := newID()
	err = b.pool.QueryRow(ctx, callFunction, c.customer, c.key, c.fingerprint, order, orderNumber(order), newID(),
		c.requestID, lines, products, quantities).Scan(&placed.body, &placed.replayed)
	return placed, err
}

// byStatements places an order in one transaction: claim and lock, decide here, write everything in one journey.
type byStatements struct{ pool *pgxpool.Pool }

func (b byStatements) place(ctx context.Context, c *command) (receipt, error) {
	outcomes, err := placeTogether(ctx, b.pool, []*command{c})
	if err != nil {
		return receipt{}, err
	}
	return outcomes[0].receipt, outcomes[0].err
}

// newBatcher coalesces orders as the service does: what has queued while the last batch ran is the next one. `atOnce`
// batches may run at a time.
func newBatcher(pool *pgxpool.Pool, atOnce int) *batcher {
	b := &batcher{pool: pool, queue: make(chan *waiting, 1024)}
	for i := 0; i < atOnce; i++ {
		go b.work()
	}
	return b
}

type outcome struct {
	receipt receipt
	err     error
}

type waiting struct {
	command *command
	answer  chan outcome
	until   time.Time
}

type batcher struct {
	pool  *pgxpool.Pool
	queue chan *waiting
}

const (
	maxBatch = 64
	patience = time.Second
)

func (b *batcher) place(_ context.Context, c *command) (receipt, error) {
	w := &waiting{c, make(chan outcome, 1), time.Now().Add(patience)}
	select {
	case b.queue <- w:
	default:
		return receipt{}, overloaded
	}
	got := <-w.answer
	return got.receipt, got.err
}

func (b *batcher) work() {
	for first := range b.queue {
		batch := []*waiting{first}
	more:
		for len(batch) < maxBatch {
			select {
			case next := <-b.queue:
				batch = append(batch, next)
			default:
				break more
			}
		}
		b.run(batch)
	}
}

func (b *batcher) run(queued []*waiting) {
	now := time.Now()
	batch := queued[:0]
	for _, w := range queued {
		if now.After(w.until) {
			w.answer <- outcome{err: overloaded}
		} else {
			batch = append(batch, w)
		}
	}
	if len(batch) == 0 {
		return
	}
	commands := make([]*command, len(batch))
	for i, w := range batch {
		commands[i] = w.command
	}
	outcomes, err := placeTogether(context.Background(), b.pool, commands)
	if err != nil && len(batch) > 1 && !errors.Is(err, overloaded) {
		for _, w := range batch {
			b.run([]*waiting{w})
		}
		return
	}
	for i, w := range batch {
		if err != nil {
			w.answer <- outcome{err: err}
		} else {
			w.answer <- outcomes[i]
		}
	}
}
