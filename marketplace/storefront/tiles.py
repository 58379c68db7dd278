"""The provinces of today as a map of tiles: column and row by hand, not by any boundary (none is licence-clean).

Two tiles are archipelagos: Hoàng Sa belongs to Đà Nẵng, Trường Sa to Khánh Hòa.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """One square of the map: province code of 2025, short name, place on the grid."""

    code: str
    name: str
    column: int
    row: int
    is_archipelago: bool = False


TILES = (
    Tile("12", "Lai Châu", 0, 0),
    Tile("15", "Lào Cai", 1, 0),
    Tile("08", "Tuyên Quang", 2, 0),
    Tile("04", "Cao Bằng", 3, 0),
    Tile("11", "Điện Biên", 0, 1),
    Tile("25", "Phú Thọ", 1, 1),
    Tile("19", "Thái Nguyên", 2, 1),
    Tile("20", "Lạng Sơn", 3, 1),
    Tile("14", "Sơn La", 0, 2),
    Tile("01", "Hà Nội", 1, 2),
    Tile("24", "Bắc Ninh", 2, 2),
    Tile("22", "Quảng Ninh", 3, 2),
    Tile("37", "Ninh Bình", 1, 3),
    Tile("33", "Hưng Yên", 2, 3),
    Tile("31", "Hải Phòng", 3, 3),
    Tile("38", "Thanh Hóa", 1, 4),
    Tile("40", "Nghệ An", 1, 5),
    Tile("42", "Hà Tĩnh", 2, 5),
    Tile("44", "Quảng Trị", 2, 6),
    Tile("46", "Huế", 2, 7),
    Tile("48", "Đà Nẵng", 3, 7),
    Tile("48", "Hoàng Sa", 5, 7, is_archipelago=True),
    Tile("51", "Quảng Ngãi", 3, 8),
    Tile("52", "Gia Lai", 3, 9),
    Tile("66", "Đắk Lắk", 3, 10),
    Tile("75", "Đồng Nai", 1, 11),
    Tile("68", "Lâm Đồng", 2, 11),
    Tile("56", "Khánh Hòa", 3, 11),
    Tile("56", "Trường Sa", 5, 11, is_archipelago=True),
    Tile("80", "Tây Ninh", 0, 12),
    Tile("79", "TP. HCM", 1, 12),
    Tile("91", "An Giang", 0, 13),
    Tile("82", "Đồng Tháp", 1, 13),
    Tile("86", "Vĩnh Long", 2, 13),
    Tile("92", "Cần Thơ", 1, 14),
    Tile("96", "Cà Mau", 1, 15),
)
