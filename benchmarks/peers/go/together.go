package main

import (
	"bytes"
	"context"
	"encoding/json"
	"sort"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const hold = 15 * time.Minute

var (
	claimSQL           = statement("claim")
	lockSQL            = statement("lock")
	insertOrdersSQL    = statement("insert_orders")
	insertLinesSQL     = statement("insert_lines")
	insertHistorySQL   = statement("insert_history")
	updateStocksSQL    = statement("update_stocks")
	insertMovementsSQL = statement("insert_movements")
	insertEventsSQL    = statement("insert_events")
	bindKeysSQL        = statement("bind_keys")
)

type stock struct {
	onHand, reserved, version int64
	sku, name                 string
	price                     money
	status                    string
	maxPerOrder               *int64
	moved                     bool
}

type scope struct{ principal, key string }

type boundKey struct {
	fingerprint []byte
	body        []byte
}

// writes gathers the columns of all that a transaction writes.
type writes struct {
	orders                                              [][16]byte
	numbers, keys, currencies, requests, principals     []string
	customers                                           [][16]byte
	totals                                              []int64
	expiries, moments                                   []time.Time
	lineOrders, lineIDs, lineProducts, lineActors       [][16]byte
	positions, prices, quantities                       []int64
	skus, names, lineRequests                           []string
	movementVersions, movementOnHands, movementReserved []int64
	lineMoments                                         []time.Time
	fingerprints                                        [][]byte
	events                                              [][16]byte
	eventData, results                                  []string
}

// placeTogether places some orders in one transaction, each of them whole or not at all. An error is one of all.
func placeTogether(ctx context.Context, pool *pgxpool.Pool, commands []*command) ([]outcome, error) {
	connection, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer connection.Release()
	tx, err := connection.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.Background())

	bound, stocks, err := claimAndLock(ctx, tx, commands)
	if err != nil {
		return nil, err
	}
	outcomes := make([]outcome, len(commands))
	var w writes
	now := time.Now().UTC().Truncate(time.Microsecond)
	for i, c := range commands {
		if earlier, found := bound[scope{c.customerID, c.key}]; found {
			if !bytes.Equal(earlier.fingerprint, c.fingerprint) {
				outcomes[i].err = keyReused
			} else {
				outcomes[i].receipt = receipt{earlier.body, true}
			}
			continue
		}
		body, err := place(c, stocks, now, &w)
		if err != nil {
			outcomes[i].err = err
			continue
		}
		bound[scope{c.customerID, c.key}] = boundKey{c.fingerprint, body}
		outcomes[i].receipt = receipt{body, false}
	}
	if len(w.orders) == 0 && len(bound) == 0 {
		return outcomes, nil
	}
	if len(w.orders) < len(commands) {
		if err := freeUnbound(ctx, tx, commands, outcomes); err != nil {
			return nil, err
		}
	}
	if err := w.send(ctx, tx, stocks); err != nil {
		return nil, err
	}
	return outcomes, tx.Commit(ctx)
}

func claimAndLock(ctx context.Context, tx pgx.Tx, commands []*command) (map[scope]boundKey, map[[16]byte]*stock, error) {
	var principals, keys []string
	var fingerprints [][]byte
	claimed := map[scope]bool{}
	needed := map[[16]byte]bool{}
	var products [][16]byte
	for _, c := range commands {
		if s := (scope{c.customerID, c.key}); !claimed[s] {
			claimed[s] = true
			principals, keys, fingerprints = append(principals, c.customerID), append(keys, c.key), append(fingerprints, c.fingerprint)
		}
		for _, line := range c.lines {
			if !needed[line.product] {
				needed[line.product] = true
				products = append(products, line.product)
			}
		}
	}
	// Both in one journey: the keys first, so that a twin waits before it locks any stock.
	var batch pgx.Batch
	batch.Queue(claimSQL, principals, keys, fingerprints)
	batch.Queue(lockSQL, products)
	results := tx.SendBatch(ctx, &batch)
	defer results.Close()

	bound := map[scope]boundKey{}
	rows, err := results.Query()
	if err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		var s scope
		var b boundKey
		var body *string
		if err := rows.Scan(&s.principal, &s.key, &b.fingerprint, &body); err != nil {
			return nil, nil, err
		}
		if body != nil {
			b.body = []byte(*body)
			bound[s] = b
		}
	}
	if rows.Err() != nil {
		return nil, nil, rows.Err()
	}
	stocks := map[[16]byte]*stock{}
	if rows, err = results.Query(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		var id [16]byte
		var s stock
		if err := rows.Scan(&id, &s.onHand, &s.reserved, &s.version, &s.sku, &s.name, &s.price.Amount, &s.price.Currency,
			&s.status, &s.maxPerOrder); err != nil {
			return nil, nil, err
		}
		stocks[id] = &s
	}
	return bound, stocks, rows.Err()
}

// place decides on one order, changes the stocks in memory, and notes what is to be written.
func place(c *command, stocks map[[16]byte]*stock, now time.Time, w *writes) ([]byte, error) {
	var total int64
	currency := ""
	short := false
	for _, line := range c.lines {
		s := stocks[line.product]
		if s == nil || s.status != "active" || currency != "" && s.price.Currency != currency {
			return nil, productUnavailable
		}
		currency = s.price.Currency
		total += s.price.Amount * line.quantity
		short = short || line.quantity > s.onHand-s.reserved || s.maxPerOrder != nil && line.quantity > *s.maxPerOrder
	}
	if short {
		return nil, outOfStock
	}
	id := newID()
	placed := order{
		ID: text(id), Number: orderNumber(id), Status: "pending_payment", Currency: currency,
		Lines: make([]line, len(c.lines)), Total: money{Amount: total}, PayableTotal: money{Amount: total}, CustomerID: c.customerID,
		ShippingAddress: json.RawMessage("null"), Metadata: json.RawMessage("{}"),
		ExpiresAt: now.Add(hold), PlacedAt: now, UpdatedAt: now, Version: 1,
	}
	type placedLine struct {
		ProductID string `json:"product_id"`
		SKU       string `json:"sku"`
		Quantity  int64  `json:"quantity"`
		UnitPrice money  `json:"unit_price"`
	}
	event := struct {
		Number     string       `json:"number"`
		CustomerID string       `json:"customer_id"`
		Total      money        `json:"total"`
		Lines      []placedLine `json:"lines"`
	}{placed.Number, c.customerID, money{total, currency}, make([]placedLine, len(c.lines))}
	for i, asked := range c.lines {
		s := stocks[asked.product]
		s.reserved += asked.quantity
		s.version++
		s.moved = true
		lineID := newID()
		placed.Lines[i] = line{text(lineID), text(asked.product), s.sku, s.name, s.price, asked.quantity, 0, 0, 0, 0,
			money{s.price.Amount * asked.quantity, currency}}
		event.Lines[i] = placedLine{text(asked.product), s.sku, asked.quantity, s.price}
		w.lineOrders, w.lineIDs = append(w.lineOrders, id), append(w.lineIDs, lineID)
		w.positions, w.lineProducts = append(w.positions, int64(i)), append(w.lineProducts, asked.product)
		w.skus, w.names = append(w.skus, s.sku), append(w.names, s.name)
		w.prices, w.quantities = append(w.prices, s.price.Amount), append(w.quantities, asked.quantity)
		w.movementVersions = append(w.movementVersions, s.version)
		w.movementOnHands = append(w.movementOnHands, s.onHand)
		w.movementReserved = append(w.movementReserved, s.reserved)
		w.lineActors, w.lineRequests = append(w.lineActors, c.customer), append(w.lineRequests, c.requestID)
		w.lineMoments = append(w.lineMoments, now)
	}
	placed.derive()
	body, err := json.Marshal(placed)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(event)
	if err != nil {
		return nil, err
	}
	w.orders, w.numbers = append(w.orders, id), append(w.numbers, placed.Number)
	w.customers, w.keys = append(w.customers, c.customer), append(w.keys, c.key)
	w.principals, w.requests = append(w.principals, c.customerID), append(w.requests, c.requestID)
	w.currencies, w.totals = append(w.currencies, currency), append(w.totals, total)
	w.fingerprints = append(w.fingerprints, c.fingerprint)
	w.expiries, w.moments = append(w.expiries, placed.ExpiresAt), append(w.moments, now)
	w.events, w.eventData = append(w.events, newID()), append(w.eventData, string(data))
	w.results = append(w.results, string(body))
	return body, nil
}

// send writes everything in one journey.
func (w *writes) send(ctx context.Context, tx pgx.Tx, stocks map[[16]byte]*stock) error {
	if len(w.orders) == 0 {
		return nil
	}
	var moved [][16]byte
	for id, s := range stocks {
		if s.moved {
			moved = append(moved, id)
		}
	}
	sort.Slice(moved, func(a, b int) bool { return bytes.Compare(moved[a][:], moved[b][:]) < 0 })
	reserved, versions := make([]int64, len(moved)), make([]int64, len(moved))
	for i, id := range moved {
		reserved[i], versions[i] = stocks[id].reserved, stocks[id].version
	}
	var batch pgx.Batch
	batch.Queue(insertOrdersSQL, w.orders, w.numbers, w.customers, w.keys, w.currencies, w.totals, w.expiries, w.moments,
		w.fingerprints)
	batch.Queue(insertLinesSQL, w.lineOrders, w.lineIDs, w.positions, w.lineProducts, w.skus, w.names, w.prices, w.quantities)
	batch.Queue(insertHistorySQL, w.orders, w.customers, w.requests, w.moments)
	batch.Queue(updateStocksSQL, moved, reserved, versions)
	batch.Queue(insertMovementsSQL, w.lineProducts, w.movementVersions, w.quantities, w.movementOnHands, w.movementReserved,
		w.lineOrders, w.lineActors, w.lineRequests, w.lineMoments)
	batch.Queue(insertEventsSQL, w.events, w.orders, w.moments, w.eventData)
	batch.Queue(bindKeysSQL, w.principals, w.keys, w.results)
	return tx.SendBatch(ctx, &batch).Close()
}

const freeSQL = "DELETE FROM idempotency_keys WHERE principal = $1 AND operation = 'place_order' AND key = $2 AND result IS NULL"

// freeUnbound gives back the keys of orders that were refused.
func freeUnbound(ctx context.Context, tx pgx.Tx, commands []*command, outcomes []outcome) error {
	for i, c := range commands {
		if outcomes[i].err != nil {
			if _, err := tx.Exec(ctx, freeSQL, c.customerID, c.key); err != nil {
				return err
			}
		}
	}
	return nil
}
