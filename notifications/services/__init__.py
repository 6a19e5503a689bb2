"""What the other apps may do here, one file a subject. They import from this package, never from its files."""

from notifications.services.deliveries import forget_push as forget_push
from notifications.services.deliveries import queue_delivery as queue_delivery
from notifications.services.deliveries import queue_push as queue_push
from notifications.services.devices import register_device as register_device
from notifications.services.devices import remove_device as remove_device
from notifications.services.devices import remove_devices_of_sessions as remove_devices_of_sessions
from notifications.services.inbox import delete_item as delete_item
from notifications.services.inbox import mark_all_read as mark_all_read
from notifications.services.inbox import mark_read as mark_read
from notifications.services.inbox import tell_member as tell_member
from notifications.services.personal_data import forget_deliveries as forget_deliveries
from notifications.services.preferences import set_settings as set_settings
from notifications.services.preferences import unsubscribe as unsubscribe
from notifications.services.readings import insert_reading_deliveries as insert_reading_deliveries
from notifications.services.retries import hurry_deliveries as hurry_deliveries
from notifications.services.retries import retry_deliveries as retry_deliveries
from notifications.services.suppression import forget_address as forget_address
from notifications.services.suppression import lift_suppression as lift_suppression
from notifications.services.suppression import set_channel_switch as set_channel_switch
from notifications.services.suppression import suppress_address as suppress_address
