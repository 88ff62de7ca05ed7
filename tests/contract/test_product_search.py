from application.catalog.change_product import ChangeProductCommand
from application.catalog.ports import ProductFilter, ProductSort
from domain.catalog.product import ProductChanges
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

WINE, MUG, STREET = "CDB-1", "MUG-RED", "TT-75"

FOUND = {
    "Côte de Blaye": [WINE],  # the exact name
    "blaye cote": [WINE],  # words in another sequence, without accents
    "BLAYE": [WINE],  # capitals
    "bla": [WINE],  # the beginning of a word
    "bl c": [WINE],  # the last term can be the first letter of a word
    "b cote": [],  # a single letter before the last term matches only whole words
    "s red": [MUG],  # "s" is a whole word of this product
    "東 iv": [STREET],  # a single character of a script without spaces matches the beginning of a word
    "aye": [],  # the end of a word does not match
    "gironde 1998": [WINE],  # words of the description
    "mug-red": [MUG],  # a SKU
    "cdb 1": [WINE],  # both parts of a SKU
    "red": [WINE, MUG],  # a word of two products, which are sorted by name
    "red blaye": [WINE],  # a word of the description and a word of the name
    "red green": [],  # the second word is in no product
    "balye": [WINE],  # two letters swapped
    "blaie": [WINE],  # a wrong letter
    "xlaye": [WINE],  # a wrong first letter
    "blayye": [WINE],  # a letter too many
    "blye": [WINE],  # a letter too few
    "balye cote": [WINE],  # a typo next to a correct word
    "bleie": [],  # two typos
    "mgu": [],  # typos in words of three letters are not corrected
    "girnde": [],  # typos in words of the description are not corrected
    "strasse": [STREET],  # the folded form of a letter
    "STRASSETM": [STREET],  # a character whose compatibility form contains capital letters
    "iv fine 1": [STREET],  # compatible forms of a digit and letters
    "東": [STREET],  # the beginning of a word of another script
    "": [],  # no word
    " -_.,!": [],  # neither a letter nor a digit
    "mug'; :* & | ! <-> \\": [MUG],  # characters with a meaning in query languages
    "'red':*": [WINE, MUG],  # a quoted word
    "%": [],  # a wildcard
}


async def found(shop: Shop, query: str) -> list[str]:
    page = await shop.store.products.list(
        ProductFilter(query=query), sort=ProductSort.NAME, descending=False, after=None, limit=100
    )
    return [product.sku for product in page.items]


async def test_search_finds_prefixes_and_misspelled_words_in_any_sequence(shop: Shop) -> None:
    wine = "A red wine of 1998, from the Gironde estuary"
    await shop.product(sku=WINE, name="Côte de Blaye", description=wine)
    await shop.product(sku=MUG, name="Mug, red", description="Holds 300 ml; size S")
    await shop.product(sku=STREET, name="Straße™ ①", description="Ⅳ 東京 ﬁne")
    assert {query: await found(shop, query) for query in FOUND} == FOUND


async def test_product_is_not_found_by_its_former_name(shop: Shop) -> None:
    mug = await shop.product(sku="A-1", name="Mug")
    assert await found(shop, "mug") == ["A-1"]
    await shop.change_product(
        ChangeProductCommand(
            product_id=mug.id,
            expected_version=mug.version,
            changes=ProductChanges(name="Beaker"),
            actor=SOMEBODY,
        )
    )
    assert await found(shop, "mug") == []
    assert await found(shop, "beaekr") == ["A-1"]


async def test_word_above_the_maximum_indexed_length_is_found_by_a_prefix(shop: Shop) -> None:
    await shop.product(sku="A-1", name="x" * 39 + "yz" + "w" * 100)
    assert await found(shop, "x" * 39 + "y") == ["A-1"]
    assert await found(shop, "x" * 39 + "yQQQ" * 100) == ["A-1"]
    assert await found(shop, "x" * 38 + "qq") == []


async def test_product_with_the_queried_sku_is_listed_first_and_only_once(shop: Shop) -> None:
    for sku in ("MUG-RED-2", "MUG-RED-1", "MUG-RED", "MUG-RED-3"):
        await shop.product(sku=sku, name=f"A {sku}")
    pages: list[list[str]] = []
    after = None
    while not pages or after:
        page = await shop.store.products.list(
            ProductFilter(query="MUG-RED"), sort=ProductSort.NAME, descending=True, after=after, limit=2
        )
        pages.append([product.sku for product in page.items])
        after = page.next
    assert pages == [["MUG-RED", "MUG-RED-3"], ["MUG-RED-2", "MUG-RED-1"]]
    assert await found(shop, "mug-red") == ["MUG-RED", "MUG-RED-1", "MUG-RED-2", "MUG-RED-3"]


async def test_search_by_sku_returns_only_products_that_match_the_filters(shop: Shop) -> None:
    await shop.product(sku="MUG", stock=0)
    await shop.product(sku="MUG-2", stock=1)
    page = await shop.store.products.list(
        ProductFilter(query="MUG", in_stock=True),
        sort=ProductSort.NAME,
        descending=False,
        after=None,
        limit=10,
    )
    assert [product.sku for product in page.items] == ["MUG-2"]


async def test_sku_filter_returns_only_the_product_with_this_sku(shop: Shop) -> None:
    for sku in ("MUG", "MUG-2", "mug"):
        await shop.product(sku=sku)
    for sku, expected in (("MUG", ["MUG"]), ("MUG-2", ["MUG-2"]), ("MU", [])):
        page = await shop.store.products.list(
            ProductFilter(sku=sku), sort=ProductSort.NAME, descending=False, after=None, limit=10
        )
        assert [product.sku for product in page.items] == expected


SCRIPTS = {
    "ol": ["CUP"],
    "øl": ["CUP"],
    "luk": ["BOW"],
    "thor": ["HAMMER"],
    "aero": ["CUP"],
    "strasse": ["MAP"],
    "布団": ["FUTON"],
    "綿": ["FUTON"],
    "団": ["FUTON"],
    "良品": ["MUJI"],
    "สีขาว": ["SHIRT"],
    "ขาว": ["SHIRT"],
    "usbc": ["HYPHEN", "JOINED"],
    "USB-C": ["HYPHEN", "JOINED"],
    "usb-c cable": ["HYPHEN", "JOINED"],
}


async def test_search_finds_hyphenated_words_and_asian_scripts_and_special_letters(shop: Shop) -> None:
    names = {
        "CUP": "Øl krus Ærø",
        "BOW": "Łuk",
        "HAMMER": "Þór",
        "MAP": "Straße",
        "FUTON": "綿の布団",
        "MUJI": "無印良品",
        "SHIRT": "เสื้อยืดสีขาว",
        "HYPHEN": "A USB-C cable",
        "JOINED": "B USBC cable",
        "OTHER": "USB 3 cable",
    }
    for sku, name in names.items():
        await shop.product(sku=sku, name=name)
    assert {query: await found(shop, query) for query in SCRIPTS} == SCRIPTS
